import { strict as assert } from "node:assert";

import { secretNameOf } from "../../provider/src/names/resource-name";
import { tenantApplicationType, tenantType } from "../../provider/src/names/resource-types";
import {
  cellsOfStage,
  type Declaration,
  type DeclaredApplication,
  type DeclaredCustomer,
  ownedOf,
} from "../fuzz/declared";
import type { ReleasedCustomers } from "../fuzz/objects";
import type { LifecyclePlan } from "../fuzz/plan";
import { type Credential, makeKeyedByHand } from "./by-hand";
import { assertConsistent, assertRefused, existingIn } from "./invariants";
import { makeKeyPairAtOnce } from "./key-pairs";
import type { Operator } from "./operator";
import { arnOf } from "./secrets";
import type { SimulatedStack } from "./stack";

const bySecret: DeclaredApplication = {
  cell: "eu-1",
  purpose: "ingest",
  scopes: ["documents.submissions.read"],
  authMethod: "CLIENT_SECRET",
};
const byKey: DeclaredApplication = { ...bySecret, authMethod: "EC" };
const twin: DeclaredApplication = { ...byKey, purpose: "twin" };

const otherScopes: DeclaredApplication["scopes"] = ["documents.submissions.write"];
const bothScopes: DeclaredApplication["scopes"] = [...bySecret.scopes, ...otherScopes];

const byKeyOfAnother: DeclaredApplication = { ...byKey, purpose: "another" };

const elsewhere = "https://elsewhere.example";

/** What an answer to a create can say that was not asked for, and how it says it. */
const otherAnswers: [what: string, change: (made: object) => object][] = [
  ["name", (made) => ("name" in made ? { ...made, name: "another" } : made)],
  ["scope", (made) => ("scopes" in made ? { ...made, scopes: otherScopes } : made)],
  [
    "key",
    (made) => ("credentials" in made ? { ...made, credentials: withOtherKey(made.credentials) } : made),
  ],
  ["server", (made) => ("auth_server" in made ? { ...made, auth_server: elsewhere } : made)],
  ["token URL", atTokenUrl],
];

function atTokenUrl(made: object): object {
  return "auth_server" in made ? { ...made, _links: { token_url: `${elsewhere}/v1/token` } } : made;
}

function assertNothingElsewhere({ checkpoint, secrets }: SimulatedStack): void {
  assert.ok(
    !JSON.stringify([checkpoint.resources.map(({ outputs }) => outputs), secrets.living()]).includes(
      elsewhere,
    ),
    "a server that is not the vendor's is in the state or in a secret",
  );
}

function withOtherKey(credentials: unknown): unknown {
  const isKey = typeof credentials === "object" && credentials !== null && "kid" in credentials;
  return isKey ? { ...credentials, kid: "another" } : credentials;
}

/** Gives a customer that the plan declares nowhere. A name is used once: the secrets of what was let go keep theirs. */
function customerOf(name: string, ...applications: DeclaredApplication[]): DeclaredCustomer {
  return { name, customerId: `CRM-of-${name}`, status: "active", applications };
}

/** What is tried with a customer that comes beside those of the plan, and goes again. */
export class CustomerTrials {
  constructor(
    private readonly operator: Operator,
    private readonly plan: LifecyclePlan,
    private readonly released: ReleasedCustomers,
  ) {}

  /**
   * A customer is handed over, and its secret put elsewhere; then it is taken back: first its tenant alone, which is
   * refused, then its application, too. Then another application is adopted in its place, and goes on without `adopt`.
   */
  async takeBack(): Promise<void> {
    const { operator, plan } = this;
    const { stack, random, taken } = operator;
    const customer = customerOf("takenback", bySecret);
    taken.push(`${customer.name} is added, handed over, and taken back`);
    await operator.settle(this.#with(customer));
    const tenantId = this.#tenantOf(customer);
    const [handedOver = ""] = this.#applicationsOf(customer);
    await operator.settle(this.#with({ ...customer, status: "released" }));
    stack.secrets.drop(secretNameOf("simulated", stack.stage, `${customer.name}/eu-1/ingest`));
    if (random.chance(50)) await operator.settle(plan.declaration);
    assertRefused(
      await operator.command("up", this.#with({ ...customer, adopt: tenantId })),
      /This stack handed application .* over, and it still exists/,
      "an application was created beside the one that was handed over",
    );
    assert.deepEqual(
      this.#applicationsOf(customer),
      [handedOver],
      "an application that was handed over was changed",
    );
    const client_secret = stack.api.clientSecretOf(tenantId, handedOver);
    await this.#adoptWrongly(customer, tenantId, { application_id: handedOver, client_secret });
    await this.#adopt(customer, tenantId, { application_id: handedOver, client_secret });
    const [next, credential] = await this.#makeByHand(tenantId);
    const changed = { ...customer, applications: [next] };
    await this.#adopt(changed, tenantId, credential);
    await this.#settle(changed, credential.application_id);
    await this.#letGo(
      plan.stage === "production" ? changed : await this.#move(changed, credential.application_id),
    );
  }

  /** Somebody else makes an application with a secret, or with a key that has its own id. */
  async #makeByHand(tenantId: string): Promise<[DeclaredApplication, Credential]> {
    const { stack, random } = this.operator;
    const { api } = stack;
    if (random.chance(50)) {
      const application_id = api.makeApplication(tenantId, "eu-1", bySecret.scopes);
      return [bySecret, { application_id, client_secret: api.clientSecretOf(tenantId, application_id) }];
    }
    const keys = await makeKeyPairAtOnce("ES256");
    return [byKey, await makeKeyedByHand(api, tenantId, byKey.scopes, keys)];
  }

  /** What is not declared as it is, or whose credential is another's, is not adopted, and stays as it is. */
  async #adoptWrongly(customer: DeclaredCustomer, tenantId: string, credential: Credential): Promise<void> {
    const { operator, plan } = this;
    const { stack, taken } = operator;
    const wrong: [what: string, DeclaredApplication, Credential, because: RegExp][] = [
      [
        "other scopes",
        { ...bySecret, scopes: otherScopes },
        credential,
        /differs from its declaration.* write scopes: /s,
      ],
      ["another method", byKey, credential, /contains no private key/],
      [
        "another secret",
        bySecret,
        { ...credential, client_secret: "of-another" },
        /returned no token to client .*: the client secret is wrong/,
      ],
      [
        "the secret of another application",
        bySecret,
        { ...credential, client_id: "of-another" },
        /belongs to another application: its client_id is not /,
      ],
      ...cellsOfStage[plan.stage]
        .slice(1)
        .map((cell): (typeof wrong)[number] => [
          "another cell",
          { ...bySecret, cell },
          credential,
          /differs from its declaration.* write cell: eu-1/s,
        ]),
    ];
    const before = stack.api.tenants();
    for (const [what, application, value, because] of wrong) {
      taken.push(`${customer.name} is adopted with ${what}`);
      const declared = this.#adopting(
        // What production protects by then would have to be deprecated first.
        { ...customer, status: "deprecated", applications: [application] },
        tenantId,
        value,
      );
      const result = await operator.command("up", this.#with(declared));
      assertRefused(result, because, `an application was adopted with ${what}`);
      assert.deepEqual(stack.api.tenants(), before, "an application that was not adopted was changed");
      assert.ok(
        !stack.checkpoint.resources.some(
          ({ id, type }) => id === credential.application_id && type === tenantApplicationType,
        ),
        "an application that was not adopted is in the state",
      );
    }
  }

  /**
   * An application is adopted under another name, while the state holds it under its own: it is not deleted with that. Then
   * its entry is taken out of the state, as the message says.
   *
   * @returns Resolves with the customer as it is declared then.
   */
  async #move(customer: DeclaredCustomer, applicationId: string): Promise<DeclaredCustomer> {
    const { operator } = this;
    const { stack, taken } = operator;
    const slot = `${customer.name}/eu-1/${bySecret.purpose}`;
    const adopt = { applicationId, secretArn: arnOf(secretNameOf("simulated", stack.stage, slot)) };
    const [application = bySecret] = customer.applications;
    const moved = { ...customer, applications: [{ ...application, purpose: "moved", adopt }] };
    taken.push(`${slot} is adopted under another name, too`);
    const both = { ...customer, applications: [...customer.applications, ...moved.applications] };
    const twice = await operator.command("up", this.#with(both));
    assertRefused(
      twice,
      /cannot be adopted: another resource of this stack holds it/,
      "an application that another resource holds was adopted",
    );
    taken.push(`${slot} is adopted under another name`);
    operator.isDeclaredTwice = true;
    const result = await operator.command("up", this.#with(moved));
    operator.isDeclaredTwice = false;
    assertRefused(
      result,
      /was adopted by another resource of this stack, so it was not deleted/,
      "an application that another resource holds was deleted",
    );
    stack.forget(tenantApplicationType, slot);
    await this.#settle(moved, applicationId);
    return moved;
  }

  /**
   * A tenant is deleted at the vendor, and the state forgets it alone: what was in it is made anew in the next. A create in
   * it whose answer was lost is over: what somebody else makes in the next is not taken for its.
   */
  async loseTenant(): Promise<void> {
    const { operator, plan } = this;
    const { api } = operator.stack;
    // Where no other tenant is there, nothing shows that the credentials are right; in production nothing is removed again.
    if (ownedOf(plan.declaration).length === 0 || plan.stage === "production") return;
    const customer = customerOf("vanished", byKey);
    const both = customerOf("vanished", byKey, twin);
    await operator.settle(this.#with(customer));
    await this.#loseCreates(both, { twin: "reset-after" });
    operator.taken.push(`tenant ${customer.name} is deleted at the vendor`);
    api.dropTenant(this.#tenantOf(customer));
    const { end } = await operator.command("refresh", this.#with(customer), { refreshed: tenantType });
    assert.equal(end, "succeeded", "a tenant that is gone was not taken for gone");
    await operator.settle(this.#with(customer));
    const foreign = api.makeApplication(this.#tenantOf(customer), "eu-1", twin.scopes);
    await operator.settle(this.#with(both));
    assert.ok(this.#applicationsOf(both).includes(foreign), "an application of somebody else's was deleted");
    api.deleteApplication(foreign);
    assertConsistent(operator.stack, this.#with(both), this.released);
    await this.#letGo(both);
  }

  /**
   * The answers to the creates of two applications with keys are lost, and no list has what the second has made. By what the
   * API tells it may be the first's, unless its cell (in production) or its scopes are others: the first does not take it for
   * its own.
   */
  async loseTwins(): Promise<void> {
    const { operator, plan } = this;
    const [cell = byKey.cell] = cellsOfStage[plan.stage].slice(-1);
    const scopes = operator.random.pick([byKey.scopes, otherScopes]);
    const customer = customerOf("twins", byKey, { ...twin, cell, scopes });
    await this.#loseCreates(customer, { ingest: "reset-before", twin: "reset-after" });
    await operator.settle(this.#with(customer));
    assertConsistent(operator.stack, this.#with(customer), this.released);
    await this.#letGo(customer);
  }

  /** The answers to the creates of two equal applications with keys are lost: each is found at once, one after the other. */
  async findTwins(): Promise<void> {
    const { operator } = this;
    const { api } = operator.stack;
    const customer = customerOf("found", byKey, twin);
    operator.taken.push(`both creates of ${customer.name} are lost`);
    api.addFault({ operation: "createTenantApplication", kind: "reset-after", times: 2 });
    const { end } = await operator.command("up", this.#with(customer));
    api.clearFaults();
    assert.equal(end, "succeeded", "applications that a list has were not found");
    assertConsistent(operator.stack, this.#with(customer), this.released);
    await this.#letGo(customer);
  }

  /**
   * While an update runs, somebody else creates an application like one that the update is about to create again after its
   * first create was lost. The list read before is stale, and the other's application is not taken over.
   */
  async addWhileOthersDo(): Promise<void> {
    const { operator } = this;
    const { api } = operator.stack;
    const customer = customerOf("busy", bySecret);
    await operator.settle(this.#with(customer));
    const tenantId = this.#tenantOf(customer);
    await this.#loseCreates(customerOf("busy", bySecret, twin), { twin: "reset-before" });
    const changed: DeclaredApplication = { ...twin, scopes: otherScopes };
    const next = customerOf("busy", { ...bySecret, scopes: bothScopes }, changed);
    operator.taken.push(`somebody else makes an application in ${customer.name} while others are made`);
    let foreign = "";
    api.afterNext("getTenantApplications", () => {
      foreign = api.makeApplication(tenantId, changed.cell, changed.scopes);
    });
    const subject = `${customer.name}/eu-1/${changed.purpose}`;
    api.addFault({ operation: "createTenantApplication", subject, kind: "reset-before" });
    await operator.command("up", this.#with(next));
    api.clearFaults();
    assert.ok(this.#applicationsOf(next).includes(foreign), "an application of somebody else's was deleted");
    assert.ok(
      !JSON.stringify(operator.stack.checkpoint.resources).includes(foreign),
      "an application of somebody else's was taken over",
    );
    api.deleteApplication(foreign);
    await operator.settle(this.#with(next));
    assertConsistent(operator.stack, this.#with(next), this.released);
    await this.#letGo(next);
  }

  /**
   * The answers to creates say which object was made, and nothing else but its credentials: it is in the state, and the next
   * update completes it. One whose secret did not come is of no use. The last create is not done, and gets no answer: what was
   * made in part before is not taken for its.
   */
  async answerInPart(): Promise<void> {
    const { operator } = this;
    const { api } = operator.stack;
    const ofAnotherKind = { ...bySecret, purpose: "other", scopes: otherScopes };
    const customer = customerOf("partly", ofAnotherKind, byKey, twin);
    const declaration = this.#with(customer);
    const hasSecret = operator.random.chance(50);
    operator.taken.push(
      `answers to the creates of ${customer.name} are in part; secret: ${String(hasSecret)}`,
    );
    const subject = `${customer.name}/eu-1/twin`;
    api.addFault({ operation: "createTenantApplication", subject, kind: "reset-before" });
    const told = hasSecret ? ["id", "credentials"] : ["id"];
    api.changeMade = (made) =>
      Object.fromEntries(Object.entries(made).filter(([name]) => told.includes(name)));
    for (const made of ["tenant", "applications"]) {
      const { end } = await operator.command("up", declaration);
      assert.equal(end, "failed", `${made} that were answered in part were taken for whole`);
      const held = JSON.stringify(operator.stack.checkpoint.resources);
      for (const id of [this.#tenantOf(customer), ...this.#applicationsOf(customer)])
        assert.ok(held.includes(id), `${id}, whose create was answered in part, is not in the state`);
    }
    api.clearFaults();
    api.changeMade = undefined;
    const before = this.#applicationsOf(customer);
    await operator.settle(declaration);
    if (hasSecret)
      assert.deepEqual(
        this.#applicationsOf(customer).slice(0, before.length),
        before,
        "what was answered in part was made again",
      );
    assertConsistent(operator.stack, declaration, this.released);
    await this.#letGo(customer);
  }

  /**
   * The answers to creates are about something else than was asked for, or name servers that are not the vendor's: nobody
   * uses that, and nothing is made twice.
   */
  async answerOtherwise(): Promise<void> {
    const { operator } = this;
    const { stack, random, taken } = operator;
    const customer = customerOf("otherwise", bySecret, byKeyOfAnother);
    const declaration = this.#with(customer);
    const [what, change] = random.pick(otherAnswers);
    taken.push(`answers to the creates of ${customer.name} say another ${what}`);
    stack.api.changeMade = change;
    const { end } = await operator.command("up", declaration);
    stack.api.changeMade = undefined;
    assert.equal(end, "failed", `an answer with another ${what} was taken for what was asked for`);
    assertNothingElsewhere(stack);
    await operator.settle(declaration);
    assertConsistent(stack, declaration, this.released);
    taken.push("refresh while lists say another token URL");
    stack.api.changeListed = atTokenUrl;
    const refreshed = await operator.command("refresh", declaration);
    stack.api.changeListed = undefined;
    assert.equal(refreshed.end, "failed", "a server that is not the vendor's was taken for it");
    assertNothingElsewhere(stack);
    assertConsistent(stack, declaration, this.released);
    await this.#letGo(customer);
  }

  /** Loses the answers to creates of a customer's applications, while no list has anything. */
  async #loseCreates(
    customer: DeclaredCustomer,
    losses: Record<string, "reset-before" | "reset-after">,
  ): Promise<void> {
    const { api } = this.operator.stack;
    this.operator.taken.push(
      `creates of ${customer.name} are lost: ${JSON.stringify(losses)}; all lists are empty`,
    );
    for (const { cell, purpose } of customer.applications) {
      const kind = losses[purpose];
      const subject = `${customer.name}/${cell}/${purpose}`;
      if (kind !== undefined) api.addFault({ operation: "createTenantApplication", subject, kind });
    }
    api.areListsEmpty = true;
    await this.operator.command("up", this.#with(customer));
    api.areListsEmpty = false;
    api.clearFaults();
  }

  /** Adopts a tenant with one of its applications, whose credentials somebody else has stored. */
  async #adopt(customer: DeclaredCustomer, tenantId: string, credential: Credential): Promise<void> {
    const { stack, taken } = this.operator;
    const applicationId = credential.application_id;
    const adopting = this.#adopting(customer, tenantId, credential);
    await this.#settle(adopting, applicationId);
    taken.push("up --replace of what was adopted");
    const replaced = new Set(
      stack.checkpoint.resources.filter(({ id }) => id === applicationId).map(({ urn }) => urn),
    );
    const result = await this.operator.command("up", this.#with(adopting), { replaced });
    assertRefused(
      result,
      /already holds application .*, so it cannot be replaced with the same one/,
      "an application was replaced with itself",
    );
    assert.deepEqual(this.#applicationsOf(customer), [applicationId], "what was adopted was deleted");
    stack.secrets.drop(`by-hand/${applicationId}`);
  }

  /** Stores the credentials of an application, and declares that it is adopted with its tenant. */
  #adopting(customer: DeclaredCustomer, tenantId: string, credential: Credential): DeclaredCustomer {
    const applicationId = credential.application_id;
    const name = `by-hand/${applicationId}`;
    this.operator.stack.secrets.put(name, JSON.stringify(credential));
    const adopt = { applicationId, secretArn: arnOf(name) };
    const applications = customer.applications.map((application) => ({ ...application, adopt }));
    return { ...customer, adopt: tenantId, applications };
  }

  /** Provisions the customer, and asserts that it has one application then. */
  async #settle(declared: DeclaredCustomer, applicationId: string): Promise<void> {
    const declaration = this.#with(declared);
    await this.operator.settle(declaration);
    assert.deepEqual(
      this.#applicationsOf(declared),
      [applicationId],
      "the application is not the one that was taken over",
    );
    assertConsistent(this.operator.stack, declaration, this.released);
  }

  async #letGo(customer: DeclaredCustomer): Promise<void> {
    const { operator, plan } = this;
    if (plan.stage === "production") await operator.settle(this.#with({ ...customer, status: "deprecated" }));
    await operator.settle(plan.declaration);
    assertConsistent(operator.stack, plan.declaration, this.released);
  }

  #with(declared: DeclaredCustomer): Declaration {
    return [...this.plan.declaration, declared];
  }

  #tenantOf(customer: DeclaredCustomer): string {
    const tenant = this.operator.stack.api.tenants().find(({ name }) => name === customer.name);
    if (tenant === undefined) throw new Error(`there is no tenant ${customer.name}`);
    return tenant.tenantId;
  }

  #applicationsOf(customer: DeclaredCustomer): string[] {
    return existingIn(this.operator.stack)[customer.name] ?? [];
  }
}
