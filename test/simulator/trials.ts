import { strict as assert } from "node:assert";

import { secretNameOf } from "../../provider/src/names/resource-name";
import {
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "../../provider/src/names/resource-types";
import type { Stage } from "../../sandbox/api";
import { type DeclaredCustomer, overlapDays, slotsOf } from "../fuzz/declared";
import type { ReleasedCustomers } from "../fuzz/objects";
import type { LifecyclePlan } from "../fuzz/plan";
import type { Stranger } from "./api";
import { CommandLife } from "./command-life";
import { assertConsistent, contentOf, existingIn, idsBySlot } from "./invariants";
import { killAt } from "./kills";
import type { Operator } from "./operator";

/** What a lost answer looks like, whether or not what it was about was done. */
const losses = [
  { kind: "reset-before" },
  { kind: "reset-after" },
  { kind: "status", status: 503, carriedOut: true },
  { kind: "status", status: 307, carriedOut: true },
  { kind: "status", status: 404, carriedOut: true, body: "<html>no route matched</html>" },
] as const;

/** Then each credential that is rotated has had its time. */
const daysOfAge = 91;

/** A customer that the plan declares nowhere. */
const stranger: DeclaredCustomer = {
  name: "stranger",
  customerId: "CRM-of-a-stranger",
  status: "active",
  applications: [
    {
      cell: "eu-1",
      purpose: "ingest",
      scopes: ["documents.submissions.read"],
      authMethod: "CLIENT_SECRET",
    },
  ],
};

const hourMs = 3_600_000;

/** What tells a tenant of somebody else's: its age, what it holds, or its cells. */
const strangers: Record<Stage, readonly Stranger[]> = {
  testing: [
    { cell: "eu-1", ageMs: hourMs, hasApplication: false },
    { cell: "eu-1", ageMs: hourMs, hasApplication: true },
    { cell: "eu-1", ageMs: 0, hasApplication: true },
  ],
  production: [
    { cell: "eu-1", ageMs: hourMs, hasApplication: false },
    { cell: "eu-1", ageMs: 0, hasApplication: true },
    { cell: "us-1", ageMs: 0, hasApplication: false },
  ],
};

/** What is tried with a stack that is at rest, after the steps of its lifecycle: it must be as before, or made anew. */
export class Trials {
  constructor(
    private readonly operator: Operator,
    private readonly plan: LifecyclePlan,
    private readonly released: ReleasedCustomers,
  ) {}

  /** One more `up` changes nothing and sends nothing. */
  async assertQuiet(): Promise<void> {
    const { stack } = this.operator;
    const before = contentOf(stack);
    const sent = stack.api.requests.length;
    const recorded = stack.journal.text;
    const { end } = await this.operator.command("up", this.plan.declaration);
    assert.equal(end, "succeeded", "an up that changes nothing failed");
    assert.equal(stack.journal.text, recorded, "an up that changes nothing recorded something");
    assert.deepEqual(
      stack.api.requests.slice(sent).map(({ operation }) => operation),
      [],
      "an up that changes nothing sent requests",
    );
    assert.deepEqual(contentOf(stack), before, "an up that changes nothing changed the state");
  }

  /**
   * The engine is told to replace applications, or their keys (`up --replace`), and compares nothing of them: what they are
   * is known from the inputs alone. Siblings are made at once, and the answer to one of them may be lost, while no list has
   * anything. A key brings its application along.
   */
  async replaceSome(): Promise<void> {
    const { operator, plan, released } = this;
    const { stack, random, taken } = operator;
    const all = stack.checkpoint.resources.filter(
      ({ type, name }) =>
        [tenantApplicationType, signingKeyType].includes(type) && !released.has(name.split("/")[0] ?? ""),
    );
    if (all.length === 0) return;
    const one = random.pick(all);
    const chosen = all.filter((resource) => resource === one || random.chance(50));
    const replaced = new Set(chosen.map(({ urn }) => urn));
    taken.push(`up --replace ${[...replaced].join(", ")}`);
    const sent = stack.api.requests.length;
    if (random.chance(50)) {
      const nth = random.int(1, replaced.size);
      const lost = random.pick(losses);
      taken.push(`  fault ${lost.kind} at create ${nth}`);
      stack.api.addFault({ operation: "createTenantApplication", nth, ...lost });
      stack.api.areListsEmpty = random.chance(30);
      await operator.command("up", plan.declaration, { replaced });
      stack.api.areListsEmpty = false;
      stack.api.clearFaults();
    }
    const isCalm = stack.api.requests.length === sent;
    await operator.settle(plan.declaration, { replaced });
    assertConsistent(stack, plan.declaration, released);
    const fetched = stack.api.requests
      .slice(sent)
      .filter(({ operation }) => operation === "getTenantApplication");
    if (isCalm) assert.deepEqual(fetched, [], "what the stack holds was looked for before it was replaced");
  }

  /** What only describes a customer, and the order of what has none, is changed and changed back: nothing is made anew. */
  async describeAnew(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    const before = existingIn(stack);
    const described = plan.declaration.map((customer) =>
      customer.status === "released"
        ? customer
        : {
            ...customer,
            customerId: `${customer.customerId}-anew`,
            applications: customer.applications.map((one) => ({ ...one, scopes: one.scopes.toReversed() })),
          },
    );
    operator.taken.push("customers described anew, and as before");
    for (const declaration of [described, plan.declaration]) {
      const { end } = await operator.command("up", declaration);
      assert.equal(end, "succeeded", "an up that describes customers anew failed");
      assert.deepEqual(existingIn(stack), before, "what was only described anew was made anew");
    }
  }

  /**
   * Time goes by: what is rotated gets a successor beside it, and nothing else does. What went before goes when the overlap
   * is over.
   */
  async ageCredentials(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    const declared = slotsOf(plan.declaration);
    if (![...declared.values()].some(({ rotation }) => rotation !== undefined)) return;
    const before = idsBySlot(stack);
    operator.taken.push("credentials come of age");
    operator.passDays(daysOfAge);
    await operator.settle(plan.declaration);
    const aged = idsBySlot(stack);
    for (const [slot, { rotation }] of declared) {
      const kept = rotation?.overlap === 0 ? [] : (before.get(slot) ?? []);
      const after = aged.get(slot) ?? [];
      assert.deepEqual(after.slice(0, kept.length), kept, `${slot} lost its credentials too early`);
      assert.equal(
        after.length - kept.length,
        rotation === undefined ? 0 : 1,
        `${slot} has too many successors, or none`,
      );
    }
    operator.taken.push("overlaps are over");
    operator.passDays(overlapDays + 1);
    await operator.settle(plan.declaration);
    const left = [...idsBySlot(stack)].map(([slot, ids]) => [slot, ids, aged.get(slot)?.slice(-1)]);
    for (const [slot, ids, newest] of left)
      assert.deepEqual(ids, newest, `${String(slot)} is not the newest`);
    assertConsistent(stack, plan.declaration, this.released);
  }

  /** A refresh warns of a secret that somebody has changed in AWS, and of nothing else. */
  async overwriteSecret(): Promise<void> {
    const { operator, plan } = this;
    const { stack, random, taken } = operator;
    const declared = slotsOf(plan.declaration);
    // Of an RSA key there is no private half here that could be compared.
    if (declared.size === 0 || [...declared.values()].some(({ authMethod }) => authMethod === "RSA")) return;
    const names = [...declared.keys()].map((slot) => secretNameOf("simulated", stack.stage, slot));
    const [before, name] = [contentOf(stack), random.pick(names)];
    const warningsOfRefresh = async (): Promise<readonly string[]> => {
      const seen = stack.warnings.length;
      const { end } = await operator.command("refresh", plan.declaration);
      assert.equal(end, "succeeded", "a refresh failed");
      assert.deepEqual(contentOf(stack), before, "a refresh of what has not changed changed the state");
      return stack.warnings.slice(seen);
    };
    taken.push(`refresh, and again when secret ${name} was changed in AWS`);
    assert.deepEqual(await warningsOfRefresh(), [], "a refresh of what has not changed warned");
    const restore = stack.secrets.overwrite(name, JSON.stringify({ client_secret: "another" }));
    assert.equal((await warningsOfRefresh()).length, 1, "a secret that was changed in AWS was not seen");
    restore();
  }

  /** What a list lacks is not gone. */
  async refreshByEmptyLists(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    const held = (): string[] =>
      stack.checkpoint.resources.map(({ urn, id }) => `${urn} ${id ?? ""}`).toSorted();
    const before = held();
    stack.api.areListsEmpty = true;
    operator.taken.push("refresh while all lists are empty");
    await operator.command("refresh", plan.declaration);
    stack.api.areListsEmpty = false;
    assert.deepEqual(held(), before, "a refresh by lists that lag changed the state");
  }

  /**
   * An application with a key is added; the answer to its create is lost, and no list has it yet. What cannot be seen may
   * exist: it is not created again before a list has it.
   */
  async addWhileListsLag(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    const added = this.#withOneMore("lagging", "EC");
    if (added === undefined) return;
    const { customer, slot, extended } = added;
    operator.taken.push(`${slot} is added while all lists are empty`);
    stack.api.areListsEmpty = true;
    stack.api.addFault({ operation: "createTenantApplication", kind: "reset-after" });
    const { end } = await operator.command("up", extended);
    stack.api.clearFaults();
    stack.api.areListsEmpty = false;
    assert.equal(end, "failed", "what no list had was taken for created");
    const made = existingIn(stack)[customer.name];
    await operator.settle(extended);
    assert.deepEqual(existingIn(stack)[customer.name], made, "what no list had yet was created again");
    assertConsistent(stack, extended, this.released);
    await operator.settle(plan.declaration);
    assertConsistent(stack, plan.declaration, this.released);
  }

  /**
   * Somebody else has made an application in a customer's tenant, with the cell and the scopes of one that is added then.
   * The answer to its create is lost, and a list may lag: nobody takes the other for it, or deletes it.
   */
  async addBesideForeign(): Promise<void> {
    const { operator, plan } = this;
    const { stack, random } = operator;
    const added = this.#withOneMore("beside", random.pick(["CLIENT_SECRET", "EC"]));
    if (added === undefined) return;
    const { customer, cell, scopes, slot, extended } = added;
    const tenant = stack.api.tenants().find(({ name }) => name === customer.name);
    if (tenant === undefined) throw new Error(`there is no tenant ${customer.name}`);
    const foreign = stack.api.makeApplication(tenant.tenantId, cell, scopes);
    const lag = random.pick(["no list", "the first list", "each list"] as const);
    operator.taken.push(`${slot} is added beside a foreign application; ${lag} lags`);
    stack.api.laggingLists = lag === "the first list" && stack.replacesLostApplications ? 1 : 0;
    stack.api.areListsEmpty = lag === "each list";
    // Where no list has shown the other, what is found then may be either.
    const loss = lag === "each list" ? ({ kind: "reset-after" } as const) : random.pick(losses);
    const isKilled = lag !== "each list" && random.chance(50);
    const life = new CommandLife(
      killAt({ operation: "createTenantApplication", moment: "before", nth: 1, delayMs: 0 }),
    );
    if (!isKilled) stack.api.addFault({ operation: "createTenantApplication", ...loss });
    await operator.command("up", extended, isKilled ? { life } : {});
    stack.api.clearFaults();
    stack.api.areListsEmpty = false;
    stack.api.laggingLists = 0;
    await operator.command("up", extended);
    const isThere = stack.api
      .tenants()
      .some(({ applications }) => applications.some(({ applicationId }) => applicationId === foreign));
    assert.ok(isThere, "an application of somebody else's was deleted");
    assert.ok(
      !JSON.stringify(stack.checkpoint.resources).includes(foreign),
      "an application of somebody else's was taken over",
    );
    stack.api.deleteApplication(foreign);
    await operator.settle(extended);
    assertConsistent(stack, extended, this.released);
    await operator.settle(plan.declaration);
  }

  /** What the answer to a create was lost of, and the first list lacks, the second has: it is found at once. */
  async findAtSecondLook(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    if (plan.stage === "production") return;
    const tenant = { extended: [...plan.declaration, stranger], operation: "createTenant" } as const;
    const application = { ...this.#withOneMore("seen", "EC"), operation: "createTenantApplication" } as const;
    for (const { extended, operation } of [tenant, application]) {
      if (extended === undefined) continue;
      operator.taken.push(`the answer to a ${operation} is lost, and the first list lacks what it made`);
      stack.api.addFault({ operation, kind: "reset-after" });
      stack.api.listsLaggingAfterCreate = 1;
      const { end } = await operator.command("up", extended);
      stack.api.clearFaults();
      stack.api.listsLaggingAfterCreate = 0;
      stack.api.laggingLists = 0;
      assert.equal(end, "succeeded", "what the second list has was not found");
      assertConsistent(stack, extended, this.released);
      await operator.settle(plan.declaration);
    }
  }

  /**
   * An application is taken out of the state, by hand or with an older copy: somebody may use it. It is not deleted, whatever
   * is allowed.
   */
  async loseFromState(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    const added = this.#withOneMore("forgotten", "CLIENT_SECRET");
    if (added === undefined) return;
    const { slot, extended } = added;
    await operator.settle(extended);
    const [newer, before] = [stack.checkpoint, existingIn(stack)];
    operator.taken.push(`${slot} is taken out of the state`);
    stack.forget(tenantApplicationType, slot);
    stack.forget(secretVersionType, slot);
    const { end } = await operator.command("up", extended);
    assert.equal(end, "failed", "an application that is perhaps in use was made again");
    assert.deepEqual(existingIn(stack), before, "an application that is perhaps in use was changed");
    stack.checkpoint = newer;
    await operator.settle(extended);
    assertConsistent(stack, extended, this.released);
    await operator.settle(plan.declaration);
  }

  /** The credentials are another organization's: nothing that it does not know is taken for gone. */
  async useOthersCredentials(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    const held = (): string[] =>
      stack.checkpoint.resources
        .filter(({ type }) => type === tenantType || type === tenantApplicationType)
        .map(({ urn, id }) => `${urn} ${id ?? ""}`)
        .toSorted();
    const before = held();
    if (before.length === 0) return;
    const applicationsAlone = { refreshed: tenantApplicationType };
    for (const [command, more] of [["refresh"], ["refresh", applicationsAlone], ["destroy"]] as const) {
      operator.taken.push(`${command} ${more?.refreshed ?? ""} with another organization's credentials`);
      stack.api.isOfAnotherOrganization = true;
      const { end } = await operator.command(command, plan.declaration, more);
      stack.api.isOfAnotherOrganization = false;
      assert.equal(end, "failed", `a ${command} with another organization's credentials succeeded`);
      assert.deepEqual(held(), before, `a ${command} with another organization's credentials lost something`);
    }
    await operator.settle(plan.declaration);
    assertConsistent(stack, plan.declaration, this.released);
  }

  /**
   * In production somebody takes the engine's protection away, in the state, and destroys the stack: what is active is not
   * deleted, by the record alone. The next `up` makes whole what the engine has forgotten.
   */
  async destroyUnprotected(): Promise<void> {
    const { operator, plan } = this;
    const { stack } = operator;
    const isAllActive = plan.declaration.every(({ status }) => status === "active");
    if (plan.stage !== "production" || !isAllActive || plan.declaration.length === 0) return;
    const before = existingIn(stack);
    operator.taken.push("destroy, all protection taken away in the state");
    stack.checkpoint = {
      ...stack.checkpoint,
      resources: stack.checkpoint.resources.map((resource) => ({ ...resource, protect: false })),
    };
    const { end } = await operator.command("destroy", plan.declaration);
    assert.equal(end, "failed", "active customers were destroyed in production");
    assert.deepEqual(existingIn(stack), before, "something active was deleted in production");
    await operator.settle(plan.declaration);
    assertConsistent(stack, plan.declaration, this.released);
  }

  /**
   * A customer is declared whose tenant somebody else has made by the same name; the answer to its create may be lost. It
   * is not taken over, and what it holds stays as it is.
   */
  async meetStranger(): Promise<void> {
    const { operator, plan } = this;
    const { stack, random } = operator;
    operator.taken.push("a customer is declared whose tenant is somebody else's");
    const tenantId = stack.api.makeStranger(stranger.name, random.pick(strangers[plan.stage]));
    const before = existingIn(stack)[stranger.name];
    if (random.chance(50)) stack.api.addFault({ operation: "createTenant", ...random.pick(losses) });
    const { end } = await operator.command("up", [...plan.declaration, stranger]);
    stack.api.clearFaults();
    assert.equal(end, "failed", "a tenant of somebody else's was taken over");
    assert.deepEqual(existingIn(stack)[stranger.name], before, "a tenant of somebody else's was changed");
    assert.ok(
      !JSON.stringify(stack.checkpoint.resources).includes(tenantId),
      "a tenant of somebody else's is in the state",
    );
    stack.api.dropTenant(tenantId);
    await operator.settle(plan.declaration);
    assertConsistent(stack, plan.declaration, this.released);
  }

  /**
   * Declares one more application, of the first one's cell and scopes, in the first active customer; nothing where there is
   * none, and in production, where an application of an active customer is not taken away again.
   */
  #withOneMore(purpose: string, authMethod: "CLIENT_SECRET" | "EC") {
    const { declaration, stage } = this.plan;
    const customer = declaration.find(({ status }) => status === "active");
    const [first] = customer?.applications ?? [];
    if (customer === undefined || first === undefined || stage === "production") return undefined;
    const { cell, scopes } = first;
    const added = { cell, purpose, scopes, authMethod };
    const extended = declaration.map((one) =>
      one === customer ? { ...one, applications: [...one.applications, added] } : one,
    );
    return { customer, cell, scopes, slot: `${customer.name}/${cell}/${purpose}`, extended };
  }
}
