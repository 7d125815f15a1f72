import type { Cell, Stage } from "../../sandbox/api";
import type { ConfigValue } from "../../sandbox/pulumi/config-file";
import type { Random } from "./random";

const scopes = ["documents.submissions.read", "documents.submissions.write"] as const;
const authMethods = ["CLIENT_SECRET", "RSA", "EC"] as const;
const scopeSets: ReadonlyArray<DeclaredApplication["scopes"]> = [[...scopes], [scopes[0]], [scopes[1]]];
const cellsOfStage: Record<Stage, readonly Cell[]> = { testing: ["eu-1"], production: ["eu-1", "us-1"] };

const mostCustomers = 3;
const mostApplications = 3;

/** An application that a lifecycle declares. */
export interface DeclaredApplication {
  cell: Cell;
  purpose: string;
  scopes: Array<(typeof scopes)[number]>;
  authMethod: (typeof authMethods)[number];
}

/** A customer that a lifecycle declares. */
export interface DeclaredCustomer {
  name: string;
  customerId: string;
  status: "active" | "deprecated";
  applications: DeclaredApplication[];
}

/** The customers at one moment, never changed in place. */
export type Declaration = readonly DeclaredCustomer[];

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
  return declaration.map(({ name, customerId, status, applications }) => ({
    name,
    customerId,
    status,
    cells: [...new Set(applications.map(({ cell }) => cell))],
    applications: applications.map((application) => ({ ...application })),
  }));
}

/** Gives the slot of each application, as the stack names it, with what is declared for it. */
export function slotsOf(declaration: Declaration): Map<string, DeclaredApplication> {
  return new Map(
    declaration.flatMap(({ name, applications }) =>
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
      () => this.removeApplication(before),
      () => this.removeCustomer(before),
    ];
    for (;;) {
      const edit = this.random.pick(edits)();
      if (edit !== undefined) return edit;
    }
  }

  addCustomer(before: Declaration): Edit | undefined {
    if (before.length >= mostCustomers) return undefined;
    this.#names += 1;
    const name = `customer${this.#names}`;
    const applications = [this.#application()];
    if (this.random.chance(40)) applications.push(this.#application());
    const customer = {
      name,
      customerId: `CRM-${this.random.int(1, 9999)}`,
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

  changeScopes(before: Declaration): Edit | undefined {
    return this.#changeApplication(before, (application) => ({
      ...application,
      scopes: this.random.pick(scopeSets.filter((set) => set.join() !== application.scopes.join())),
    }));
  }

  changeAuthMethod(before: Declaration): Edit | undefined {
    return this.#changeApplication(before, (application) => ({
      ...application,
      authMethod: this.random.pick(authMethods.filter((method) => method !== application.authMethod)),
    }));
  }

  changeTags(before: Declaration): Edit | undefined {
    const customer = this.#customer(before);
    if (customer === undefined) return undefined;
    const customerId = `CRM-${this.random.int(1, 9999)}`;
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

  #letGo(customer: DeclaredCustomer): DeclaredCustomer {
    return this.stage === "production" ? { ...customer, status: "deprecated" } : customer;
  }

  #changeApplication(
    before: Declaration,
    change: (application: DeclaredApplication) => DeclaredApplication,
  ): Edit | undefined {
    const customer = this.#customer(before);
    if (customer === undefined) return undefined;
    const application = this.random.pick(customer.applications);
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
    const fit = declaration.filter(isFit);
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
    };
  }
}

function replaced(before: Declaration, customer: DeclaredCustomer): Declaration {
  return before.map((other) => (other.name === customer.name ? customer : other));
}

function describe({ name, applications }: DeclaredCustomer): string {
  return `${name} (${applications.map(describeApplication).join(", ")})`;
}

function describeApplication({ cell, purpose, scopes: granted, authMethod }: DeclaredApplication): string {
  const access = granted.map((scope) => scope.replace("documents.submissions.", "")).join("+");
  return `${cell}/${purpose} ${authMethod} ${access}`;
}
