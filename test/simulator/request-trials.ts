import { strict as assert } from "node:assert";

import { tenantApplicationType, tenantType } from "../../provider/src/names/resource-types";
import type { FaultInput, Operation } from "../../sandbox/api";
import { type DeclaredCustomer, ownedOf } from "../fuzz/declared";
import type { ReleasedCustomers } from "../fuzz/objects";
import type { LifecyclePlan } from "../fuzz/plan";
import { assertConsistent, assertRefused } from "./invariants";
import type { Operator } from "./operator";
import type { SimulatedStack } from "./stack";

/** A customer that the plan declares nowhere. */
const passer: DeclaredCustomer = {
  name: "passer",
  customerId: "CRM-of-a-passer",
  status: "active",
  applications: [
    { cell: "eu-1", purpose: "ingest", scopes: ["documents.submissions.read"], authMethod: "CLIENT_SECRET" },
    { cell: "eu-1", purpose: "report", scopes: ["documents.submissions.write"], authMethod: "EC" },
  ],
};

/** The URL of another API than the simulated one. */
const another = "http://127.0.0.1:10/v0";

type Trouble = Omit<FaultInput, "operation">;

/** How long a server asks to wait, in seconds; a client that does not listen waits less. */
const askedS = 40;
const leastWaitedMs = 30_000;

/** A refusal that says when to come again: nothing was done, whatever was asked for. */
const limited: readonly Trouble[] = [
  { kind: "status", status: 429, times: 2, headers: { "retry-after": String(askedS) } },
  { kind: "status", status: 429, headers: { "x-rate-limit-reset": String(askedS) } },
];

/** What happens to a request now and then, and does no harm to one that may be sent again. */
const passing: readonly Trouble[] = [
  ...limited,
  { kind: "status", status: 503, headers: { "retry-after": String(askedS) } },
  { kind: "status", status: 500, carriedOut: true },
  { kind: "status", status: 408, times: 2 },
  { kind: "reset-before", times: 2 },
  { kind: "reset-after" },
  { kind: "half-body" },
];

/** A page that no server of the API writes. */
const page = "<html>no route matched</html>";
const ofGateway: Trouble = { kind: "status", status: 404, body: page };
/** Servers that do not see yet what this run has done before. */
const tenantNotSeen: Trouble = { kind: "status", status: 404, times: 2 };
const applicationsStillSeen: Trouble = { kind: "status", status: 409, times: 2 };

/** What a client gets over, by what it asks for. A create may not be sent again, unless it was refused. */
const troubles = {
  token: passing,
  createTenant: limited,
  createTenantApplication: [...limited, tenantNotSeen],
  getTenants: [...passing, ofGateway, { kind: "garbage-body" }],
  getTenantApplications: [...passing, ofGateway, { kind: "garbage-body" }],
  deleteTenantApplication: [...passing, ofGateway],
  deleteTenant: [...passing, ofGateway, applicationsStillSeen],
} satisfies Partial<Record<Operation, readonly Trouble[]>>;

/** What is tried with requests that go wrong in ways that the stack has to get over. */
export class RequestTrials {
  constructor(
    private readonly operator: Operator,
    private readonly plan: LifecyclePlan,
    private readonly released: ReleasedCustomers,
  ) {}

  /** A customer comes, is refreshed and goes, each time with a trouble that passes: each command succeeds. */
  async getOver(): Promise<void> {
    const { operator, plan } = this;
    const declaration = [...plan.declaration, passer];
    await this.#getOver("up", declaration, ["token", "createTenant", "createTenantApplication"]);
    assertConsistent(operator.stack, declaration, this.released);
    await this.#getOver("refresh", declaration, ["token", "getTenants", "getTenantApplications"]);
    if (plan.stage === "production")
      await operator.settle([...plan.declaration, { ...passer, status: "deprecated" }]);
    await this.#getOver("up", plan.declaration, ["token", "deleteTenantApplication", "deleteTenant"]);
    assertConsistent(operator.stack, plan.declaration, this.released);
  }

  async #getOver(
    command: "up" | "refresh",
    declaration: LifecyclePlan["declaration"],
    operations: readonly (keyof typeof troubles)[],
  ): Promise<void> {
    const { operator } = this;
    const { stack, random, taken } = operator;
    const faults = operations
      .filter(() => random.chance(60))
      .map((operation) => ({ ...random.pick<Trouble>(troubles[operation]), operation }));
    for (const fault of faults) stack.api.addFault(fault);
    const revokedAfter = random.chance(60) ? random.pick(operations) : undefined;
    if (revokedAfter !== undefined) {
      stack.api.afterNext(revokedAfter, () => {
        stack.api.revokeTokens();
      });
    }
    taken.push(
      `${command} with ${JSON.stringify(faults)}; tokens revoked after ${revokedAfter ?? "no request"}`,
    );
    const waitedMs = stack.waitedMs;
    const { end } = await operator.command(command, declaration);
    const unmet = stack.api.unmet();
    stack.api.clearFaults();
    assert.equal(end, "succeeded", "a trouble that passes made a command fail");
    assert.deepEqual(unmet, [], "a command did not meet what was planned for it");
    if (faults.some(({ headers }) => headers !== undefined))
      assert.ok(stack.waitedMs - waitedMs >= leastWaitedMs, "a server's request to wait was not granted");
  }

  /** Every list is answered 404, by a gateway or by servers that do not agree: nothing is gone. */
  async refreshWithoutLists(): Promise<void> {
    const { operator, plan } = this;
    const { stack, random, taken } = operator;
    if (ownedOf(plan.declaration).length === 0) return;
    const operation = random.pick(["getTenants", "getTenantApplications"] as const);
    const before = heldIn(stack);
    taken.push(`refresh while each ${operation} is answered 404`);
    stack.api.addFault({
      operation,
      kind: "status",
      status: 404,
      times: Infinity,
      ...(random.chance(50) ? { body: page } : {}),
    });
    await operator.command("refresh", plan.declaration);
    stack.api.clearFaults();
    assert.deepEqual(heldIn(stack), before, "a 404 that another answer contradicts was taken for the end");
  }

  /** The stack is configured for another API: nothing of it is touched. */
  async configureElsewhere(): Promise<void> {
    const { operator, plan } = this;
    const { random, taken } = operator;
    if (ownedOf(plan.declaration).length === 0) return;
    // In production the engine itself refuses to destroy what is protected.
    const command = random.pick(
      plan.stage === "production" ? (["up", "refresh"] as const) : (["up", "refresh", "destroy"] as const),
    );
    taken.push(`${command} with another apiUrl`);
    const configured = { apiUrl: another };
    const because = / was created in stage \w+ at \S+, but this stack is now configured for /;
    await this.#assertRefused(command, plan.declaration, { configured }, because);
  }

  /** In production nothing is changed without a reason. */
  async giveNoReason(): Promise<void> {
    const { operator, plan } = this;
    if (plan.stage !== "production") return;
    operator.taken.push("a customer is declared without a reason");
    const environment = { TENANTS_REASON: " " };
    const because = /each change needs a reason, but none is given/;
    await this.#assertRefused("up", [...plan.declaration, passer], { environment }, because);
    await operator.settle(plan.declaration);
  }

  async #assertRefused(
    command: "up" | "refresh" | "destroy",
    declaration: LifecyclePlan["declaration"],
    more: Parameters<Operator["command"]>[2],
    because: RegExp,
  ): Promise<void> {
    const { stack } = this.operator;
    const [held, sent, recorded] = [heldIn(stack), stack.api.requests.length, stack.journal.text];
    const result = await this.operator.command(command, declaration, more);
    assertRefused(result, because, "what must be refused was done");
    assert.deepEqual(
      [heldIn(stack), stack.api.requests.length, stack.journal.text],
      [held, sent, recorded],
      "what was refused was begun",
    );
  }
}

/** Gives what the state holds of the vendor's objects. */
function heldIn({ checkpoint }: SimulatedStack): string[] {
  return checkpoint.resources
    .filter(({ type }) => type === tenantType || type === tenantApplicationType)
    .map(({ urn, id }) => `${urn} ${id ?? ""}`)
    .toSorted();
}
