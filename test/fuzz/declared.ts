import type { Cell, Stage } from "../../sandbox/api";
import type { ConfigValue } from "../../sandbox/pulumi/config-file";
import type { Random } from "./random";

const scopes = ["documents.submissions.read", "documents.submissions.write"] as const;
const authMethods = ["CLIENT_SECRET", "RSA", "EC"] as const;
const scopeSets: ReadonlyArray<DeclaredApplication["scopes"]> = [[...scopes], [scopes[0]], [scopes[1]]];
/** The cells that lifecycles have applications in. */
export const cellsOfStage: Record<Stage, readonly Cell[]> = {
  testing: ["eu-1"],
  production: ["eu-1", "us-1"],
};

/** How long a generation stays alive beside its successor, where it does at all. */
export const overlapDays = 7;

const mostCustomers = 3;
const mostApplications = 3;

/** An application that a lifecycle declares. */
export interface DeclaredApplication {
  cell: Cell;
  purpose: string;
  scopes: Array<(typeof scopes)[number]>;
  authMethod: (typeof authMethods)[number];
  /** How it is rotated; a change of it takes effect at once, as the next generation. */
  rotation?: { every: string; overlap: string | 0 };
  /** The existing application that it takes over. */
  adopt?: { applicationId: string; secretArn: string };
}

/** A customer that a lifecycle declares. */
export interface DeclaredCustomer {
  name: string;
  customerId: string;
  status: "active" | "deprecated" | "released";
  /** The id of the existing tenant that it takes over. */
  adopt?: string;
  applications: DeclaredApplication[];
}

/** The customers at one moment, never changed in place. */
export type Declaration = readonly DeclaredCustomer[];

type Change = (application: DeclaredApplication) => DeclaredApplication;
type ApplicationFilter = (application: DeclaredApplication) => boolean;

/** What an edit makes of a declaration. */
export interface Edit {
  /** What it does, for people. */
  description: string;
  after: Declaration;
  /**
   * What must be declared, and provisioned without a doubt, before it: what is let go while a create of it may have
   * been lost is nobody's to find again, and production lets go of deprecated customers only.
   */
  requires?: Declaration;
}

/** Writes a declaration as `tenants:customers`. */
export function toConfig(declaration: Declaration): ConfigValue {
  return declaration.map(({ applications, ...customer }) => ({
    ...customer,
    cells: [...new Set(applications.map(({ cell }) => cell))],
    applications: applications.map(({ rotation, ...application }) => ({
      ...application,
      ...(rotation === undefined ? {} : { rotation: { ...rotation, changes: "immediately" } }),
    })),
  }));
}

/** Gives the customers that are the stack's own: those that it has not handed over. */
export function ownedOf(declaration: Declaration): Declaration {
  return declaration.filter(({ status }) => status !== "released");
}

/** Gives the slot of each application that is the stack's own, as the stack names it, with what is declared for it. */
export function slotsOf(declaration: Declaration): Map<string, DeclaredApplication> {
  return new Map(
    ownedOf(declaration).flatMap(({ name, applications }) =>
      applications.map((application) => [`${name}/${application.cell}/${application.purpose}`, application]),
    ),
  );
}

/** Makes legal edits of declarations. Names are used once: production keeps the secrets of what was let go. */
export class Editor {
  #names = 0;

  constructor(
    private readonly random: Random,
    private readonly stage: Stage,
  ) {}

  /** Makes one of the edits that are possible, at random. */
  any(before: Declaration): Edit {
    const edits = [
      () => this.addCustomer(before),
      () => this.addApplication(before),
      () => this.changeScopes(before),
      () => this.changeAuthMethod(before),
      () => this.changeTags(before),
      () => this.changeStatus(before),
      () => this.changeRotation(before),
      () => this.removeApplication(before),
      () => this.removeCustomer(before),
      () => this.releaseCustomer(before),
      () => this.releaseCustomer(before),
      () => this.forgetReleased(before),
    ];
    for (;;) {
      const edit = this.random.pick(edits)();
      if (edit !== undefined) return edit;
    }
  }

  addCustomer(before: Declaration): Edit | undefined {
    if (ownedOf(before).length >= mostCustomers) return undefined;
    this.#names += 1;
    const name = `customer${this.#names}`;
    const applications = [this.#application()];
    if (this.random.chance(40)) applications.push(this.#application());
    const customer = {
      name,
      customerId: this.#customerId(before),
      status: "active" as const,
      applications,
    };
    return { description: `add ${describe(customer)}`, after: [...before, customer] };
  }

  addApplication(before: Declaration): Edit | undefined {
    const customer = this.#customer(before, ({ applications }) => applications.length < mostApplications);
    if (customer === undefined) return undefined;
    const application = this.#application();
    return {
      description: `add ${customer.name}/${describeApplication(application)}`,
      after: replaced(before, { ...customer, applications: [...customer.applications, application] }),
    };
  }

  changeScopes(before: Declaration, isFit?: ApplicationFilter): Edit | undefined {
    const change: Change = (application) => ({
      ...application,
      scopes: this.random.pick(scopeSets.filter((set) => set.join() !== application.scopes.join())),
    });
    return this.#changeApplication(before, change, isFit);
  }

  changeAuthMethod(before: Declaration, isFit?: ApplicationFilter): Edit | undefined {
    const change: Change = (application) => ({
      ...application,
      authMethod: this.random.pick(authMethods.filter((method) => method !== application.authMethod)),
    });
    return this.#changeApplication(before, change, isFit);
  }

  /** Begins to rotate an application, or ends it. */
  changeRotation(before: Declaration): Edit | undefined {
    const edit = this.#changeApplication(before, ({ rotation, ...application }) =>
      rotation === undefined ? { ...application, rotation: this.#rotation() } : application,
    );
    // A change that is rotated in is the next generation's: what a lost create of this one has made, nobody looks for then.
    return edit === undefined ? undefined : { ...edit, requires: before };
  }

  /** Draws an identifier that no customer has: of some ten thousand lifecycles, one drew one twice. */
  #customerId(before: Declaration): string {
    for (let number = this.random.int(1, 9999); ; number += 1) {
      const id = `CRM-${number}`;
      if (!before.some(({ customerId }) => customerId === id)) return id;
    }
  }

  changeTags(before: Declaration): Edit | undefined {
    const customer = this.#customer(before);
    if (customer === undefined) return undefined;
    const customerId = this.#customerId(before);
    return {
      description: `give ${customer.name} the customerId ${customerId}`,
      after: replaced(before, { ...customer, customerId }),
    };
  }

  changeStatus(before: Declaration): Edit | undefined {
    const customer = this.#customer(before);
    if (customer === undefined) return undefined;
    const status = customer.status === "active" ? "deprecated" : "active";
    return {
      description: `make ${customer.name} ${status}`,
      // What was taken out of it while it was deprecated must be gone by then: of an active customer nothing is deleted.
      ...(this.stage === "production" && status === "active" ? { requires: before } : {}),
      after: replaced(before, { ...customer, status }),
    };
  }

  removeApplication(before: Declaration): Edit | undefined {
    const customer = this.#customer(before, ({ applications }) => applications.length > 1);
    if (customer === undefined) return undefined;
    const removed = this.random.pick(customer.applications);
    const deprecated = this.#letGo(customer);
    return {
      description: `remove ${customer.name}/${describeApplication(removed)}`,
      requires: replaced(before, deprecated),
      after: replaced(before, {
        ...deprecated,
        applications: customer.applications.filter((application) => application !== removed),
      }),
    };
  }

  removeCustomer(before: Declaration): Edit | undefined {
    const customer = this.#customer(before);
    if (customer === undefined) return undefined;
    return {
      description: `remove ${customer.name}`,
      requires: replaced(before, this.#letGo(customer)),
      after: before.filter(({ name }) => name !== customer.name),
    };
  }

  /** Hands a customer over: the stack lets go of it, and nothing is deleted. What it lets go of must be whole. */
  releaseCustomer(before: Declaration): Edit | undefined {
    const customer = this.#customer(before);
    if (customer === undefined) return undefined;
    return {
      description: `release ${customer.name}`,
      requires: before,
      after: replaced(before, { ...customer, status: "released" }),
    };
  }

  /** Takes the entry of a customer out that was handed over. */
  forgetReleased(before: Declaration): Edit | undefined {
    const released = before.find(({ status }) => status === "released");
    if (released === undefined) return undefined;
    return {
      description: `forget ${released.name}, which was released`,
      requires: before,
      after: before.filter((customer) => customer !== released),
    };
  }

  #letGo(customer: DeclaredCustomer): DeclaredCustomer {
    return this.stage === "production" ? { ...customer, status: "deprecated" } : customer;
  }

  #changeApplication(
    before: Declaration,
    change: Change,
    isFit: ApplicationFilter = () => true,
  ): Edit | undefined {
    const customer = this.#customer(before, ({ applications }) => applications.some(isFit));
    if (customer === undefined) return undefined;
    const application = this.random.pick(customer.applications.filter(isFit));
    const changed = change(application);
    return {
      description: `make ${customer.name}/${describeApplication(application)} ${describeApplication(changed)}`,
      after: replaced(before, {
        ...customer,
        applications: customer.applications.map((other) => (other === application ? changed : other)),
      }),
    };
  }

  #customer(
    declaration: Declaration,
    isFit: (customer: DeclaredCustomer) => boolean = () => true,
  ): DeclaredCustomer | undefined {
    const fit = ownedOf(declaration).filter(isFit);
    return fit.length === 0 ? undefined : this.random.pick(fit);
  }

  #application(): DeclaredApplication {
    this.#names += 1;
    return {
      cell: this.random.pick(cellsOfStage[this.stage]),
      purpose: `purpose${this.#names}`,
      scopes: this.random.pick(scopeSets),
      // Most are as the default is, whose secret can be lost.
      authMethod: this.random.chance(50) ? "CLIENT_SECRET" : this.random.pick(authMethods),
      ...(this.random.chance(35) ? { rotation: this.#rotation() } : {}),
    };
  }

  #rotation(): NonNullable<DeclaredApplication["rotation"]> {
    return { every: "90d", overlap: this.random.chance(70) ? `${overlapDays}d` : 0 };
  }
}

function replaced(before: Declaration, customer: DeclaredCustomer): Declaration {
  return before.map((other) => (other.name === customer.name ? customer : other));
}

function describe({ name, applications }: DeclaredCustomer): string {
  return `${name} (${applications.map(describeApplication).join(", ")})`;
}

function describeApplication(application: DeclaredApplication): string {
  const { cell, purpose, scopes: granted, authMethod, rotation } = application;
  const access = granted.map((scope) => scope.replace("documents.submissions.", "")).join("+");
  const rotated = rotation === undefined ? "" : `, rotated with an overlap of ${rotation.overlap}`;
  return `${cell}/${purpose} ${authMethod} ${access}${rotated}`;
}
