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
import { assertConsistent, existingIn } from "./invariants";
import type { Operator } from "./operator";
import { arnOf } from "./secrets";

const bySecret: DeclaredApplication = {
  cell: "eu-1",
  purpose: "ingest",
  scopes: ["documents.submissions.read"],
  authMethod: "CLIENT_SECRET",
};
const byKey: DeclaredApplication = { ...bySecret, authMethod: "EC" };
const twin: DeclaredApplication = { ...byKey, purpose: "twin" };

const otherScopes: DeclaredApplication["scopes"] = ["documents.submissions.write"];

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
    const { end } = await operator.command("up", this.#with({ ...customer, adopt: tenantId }));
    assert.equal(end, "failed", "an application was created beside the one that was handed over");
    assert.deepEqual(
      this.#applicationsOf(customer),
      [handedOver],
      "an application that was handed over was changed",
    );
    await this.#adopt(customer, tenantId, handedOver);
    const other = stack.api.makeApplication(tenantId, "eu-1", bySecret.scopes);
    await this.#adopt(customer, tenantId, other);
    await this.#settle(customer, other);
    await this.#letGo(plan.stage === "production" ? customer : await this.#move(customer, other));
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
    const moved = { ...customer, applications: [{ ...bySecret, purpose: "moved", adopt }] };
    taken.push(`${slot} is adopted under another name`);
    operator.isDeclaredTwice = true;
    const { end } = await operator.command("up", this.#with(moved));
    operator.isDeclaredTwice = false;
    assert.equal(end, "failed", "an application that another resource holds was deleted");
    stack.checkpoint = {
      ...stack.checkpoint,
      resources: stack.checkpoint.resources.filter(
        ({ name, type }) => name !== slot || type !== tenantApplicationType,
      ),
    };
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
    api.fieldsOfAnswers = hasSecret ? ["id", "credentials"] : ["id"];
    for (const made of ["tenant", "applications"]) {
      const { end } = await operator.command("up", declaration);
      assert.equal(end, "failed", `${made} that were answered in part were taken for whole`);
      const held = JSON.stringify(operator.stack.checkpoint.resources);
      for (const id of [this.#tenantOf(customer), ...this.#applicationsOf(customer)])
        assert.ok(held.includes(id), `${id}, whose create was answered in part, is not in the state`);
    }
    api.clearFaults();
    api.fieldsOfAnswers = undefined;
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
  async #adopt(customer: DeclaredCustomer, tenantId: string, applicationId: string): Promise<void> {
    const { api, secrets } = this.operator.stack;
    const name = `by-hand/${applicationId}`;
    const client_secret = api.clientSecretOf(tenantId, applicationId);
    secrets.put(name, JSON.stringify({ application_id: applicationId, client_secret }));
    const adopt = { applicationId, secretArn: arnOf(name) };
    await this.#settle(
      { ...customer, adopt: tenantId, applications: [{ ...bySecret, adopt }] },
      applicationId,
    );
    secrets.drop(name);
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
