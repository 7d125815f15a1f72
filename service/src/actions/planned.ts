import { randomUUID } from "node:crypto";

import { checkApprovals, type NotCounted } from "../approval/check";
import { isOpen } from "../approval/ends";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { type AppliedCustomer, noteNothingDue, saveApplied } from "../customers/save-applied";
import { tellWebhooks } from "../notices/webhook/payload";
import type { Problem } from "../problem";
import { write } from "../records/database";
import type { RequestRow, Writing } from "../records/schema";
import { findCustomer, jobKeyOf } from "../requests/customers-asked-for";
import { differencesOf } from "../requests/differences";
import type { RequestState } from "../requests/request";
import { changesNothingDeclared, staleness } from "../requests/stale";
import { lockRequest, transition } from "./transition";

/**
 * The worker's reports: a plan was made, an apply starts, how it ended. Each is one transaction. A report
 * that comes too late, because the request was withdrawn meanwhile, changes nothing.
 */

/** Ensures, in the transaction, that the reporting worker still has the lease: see `work/lease.ts`. */
export type Guard = (writing: Writing) => Promise<void>;

/**
 * Records a worker's report in one transaction; does nothing if the request is in another state by now.
 *
 * @returns what `work` returns; undefined if it was not done
 */
async function tell<T>(
  context: ServiceContext,
  { requestId, state, guard }: { requestId: string; state: RequestState; guard: Guard | undefined },
  work: (writing: Writing, request: RequestRow) => Promise<T>,
): Promise<T | undefined> {
  return write(context, async (writing) => {
    await guard?.(writing);
    const request = await lockRequest(writing, requestId);
    return request.state === state ? work(writing, request) : undefined;
  });
}

/** A plan of a request. */
export interface PlanMade {
  digest: string;
  /** The input of the digest. No secret. */
  facts: object;
  /** The plan in plain words, derived from `facts`. */
  lines: readonly string[];
  changes: object;
  /** Whether it changes nothing. */
  isEmpty?: boolean;
}

/** A failure to report. No credential. */
export interface Failure {
  /** For programs. */
  code: string;
  /** For people: what happened, and what to do next. */
  detail: string;
  [more: string]: unknown;
}

/**
 * Records a plan. Approvals of the same digest stay; all others are revoked for good. The request waits for
 * approvals, is queued if it needs none or has them, or ends if nothing would change.
 */
export async function planMade(
  context: ServiceContext,
  requestId: string,
  plan: PlanMade,
  guard?: Guard,
): Promise<void> {
  await tell(context, { requestId, state: "previewing", guard }, async (writing, request) => {
    const stale = await staleOf(writing, request);
    if (stale !== undefined) {
      await fail(context, writing, requestId, "planFailed", stale);
      return;
    }
    const planId = await insertPlan(context, writing, requestId, plan);
    await revokeOthers(context, writing, request, plan);
    const set = { plan_id: planId, problem: null };
    const data = { digest: plan.digest, lines: plan.lines };
    if (plan.isEmpty === true) {
      await transition(context, writing, { requestId, event: "plannedNothing", data, set });
      return;
    }
    const checked = await checkApprovals(context, request, plan, writing);
    await recordForged(context, writing, request, checked.notCounted);
    if (!checked.isApproved) {
      const needs = { required: checked.requirement.required, given: checked.given };
      await transition(context, writing, { requestId, event: "planned", data: { ...data, ...needs }, set });
      return;
    }
    await transition(context, writing, { requestId, event: "plannedAndApproved", data, set });
    await queueApply(context, writing, request);
  });
}

/** Records that no plan could be made. */
export async function planFailed(
  context: ServiceContext,
  requestId: string,
  failure: Failure,
  guard?: Guard,
): Promise<void> {
  await tell(context, { requestId, state: "previewing", guard }, (writing) =>
    fail(context, writing, requestId, "planFailed", failure),
  );
}

/**
 * Starts an apply, under the customer's lease, just before the engine starts: checks the approvals of the
 * digest again and uses them up. If they no longer hold, the request is planned again.
 *
 * @param digest - Of the plan that the worker has just made again.
 */
export async function applyStarted(
  context: ServiceContext,
  requestId: string,
  digest: string,
  guard?: Guard,
): Promise<{ isApproved: true } | { isApproved: false; missing: number }> {
  const begun = await tell(context, { requestId, state: "queued", guard }, async (writing, request) => {
    const plan = await writing
      .selectFrom("plans")
      .select("digest")
      .where("id", "=", request.plan_id ?? "")
      .executeTakeFirst();
    const isSame = plan?.digest === digest;
    const checked = await checkApprovals(context, request, { digest }, writing);
    await recordForged(context, writing, request, checked.notCounted);
    if (isSame && checked.isApproved) {
      await transition(context, writing, { requestId, event: "applyStarted", data: { digest } });
      return { isApproved: true } as const;
    }
    const why = isSame ? "approvals" : "digest";
    await planAnew(context, writing, requestId, "planChanged", {
      why,
      digest: plan?.digest ?? null,
      now: digest,
    });
    return { isApproved: false, missing: checked.missing } as const;
  });
  return begun ?? { isApproved: false, missing: 0 };
}

/**
 * Ensures that an apply to be continued was started properly: with approvals of its digest that count by
 * their evidence. Someone who has only the database can write that a request is being applied.
 *
 * @returns whether it was; if not, that is recorded
 */
export async function insistOnBegun(
  context: ServiceContext,
  requestId: string,
  digest: string,
  guard?: Guard,
): Promise<boolean> {
  const isApproved = await tell(
    context,
    { requestId, state: "applying", guard },
    async (writing, request) => {
      const begun = await writing
        .selectFrom("events")
        .select("at")
        .where("request_id", "=", requestId)
        .where("kind", "=", "applyStarted")
        .orderBy("sequence", "desc")
        .limit(1)
        .executeTakeFirst();
      const then = { ...context, now: () => begun?.at ?? context.now() };
      const checked = await checkApprovals(then, request, { digest }, writing, {
        isBegun: begun !== undefined,
      });
      await recordForged(context, writing, request, checked.notCounted);
      const isBegun = begun !== undefined && checked.isApproved;
      if (!isBegun && !checked.notCounted.some(({ isForged }) => isForged))
        await append(context, writing, {
          kind: "approvalNotVerified",
          requestId,
          stage: request.stage,
          customer: request.customer ?? undefined,
          data: {
            why: "it is marked as applying, but was not started with the approvals of its plan",
            digest,
          },
        });
      return isBegun;
    },
  );
  return isApproved ?? false;
}

/** Records that the plan has changed: it is made again, and shown. */
export async function planChanged(context: ServiceContext, requestId: string, guard?: Guard): Promise<void> {
  await tell(context, { requestId, state: "queued", guard }, (writing) =>
    planAnew(context, writing, requestId, "planChanged", { why: "digest" }),
  );
}

/**
 * Records the result of an apply: updates the customer's record, ends the request, and has the customer's
 * other plans made again. A change based on an older record would undo this one: it fails, with the
 * differences.
 */
export async function applied(
  context: ServiceContext,
  requestId: string,
  result: AppliedCustomer | readonly AppliedCustomer[],
  guard?: Guard,
): Promise<void> {
  const customers = Array.isArray(result) ? (result as AppliedCustomer[]) : [result as AppliedCustomer];
  await tell(context, { requestId, state: "applying", guard }, async (writing, request) => {
    // All locks of rows come before the first event.
    const others = await lockOthers(writing, request, customers);
    const handedOver = await handedOverIn(writing, request.stage);
    const saved = [];
    for (const customer of customers) saved.push(await saveApplied(context, writing, request, customer));
    for (const customer of saved) {
      // Only its record was deleted: its tenant lives on elsewhere.
      if (customer.status === "deleted" && handedOver.has(customer.name)) continue;
      await tellWebhooks(context, writing, request, customer);
    }
    const told = saved.length === 1 ? saved[0] : { customers: saved };
    await transition(context, writing, {
      requestId,
      event: "applied",
      data: { ...told },
      set: { result: JSON.stringify(told), problem: null },
    });
    for (const other of others) await planOther(context, writing, other);
  });
}

/** Returns the names of the stage's customers that were handed over. */
async function handedOverIn(writing: Writing, stage: string): Promise<Set<string>> {
  const rows = await writing
    .selectFrom("customers")
    .select("name")
    .where("stage", "=", stage)
    .where("status", "=", "released")
    .execute();
  return new Set(rows.map(({ name }) => name));
}

/**
 * Records the result of a rotation by the clock: updates the customer's record, and has the customer's plans
 * made again.
 *
 * @param isChanged - Whether the engine has done anything; otherwise only the record is brought up to date.
 */
export async function rotatedByClock(
  context: ServiceContext,
  { stage, name }: { stage: string; name: string },
  result: AppliedCustomer,
  { isChanged, guard }: { isChanged: boolean; guard?: Guard },
): Promise<void> {
  await write(context, async (writing) => {
    await guard?.(writing);
    if (!isChanged) {
      await noteNothingDue(context, writing, { stage, name }, result);
      return;
    }
    const by = { id: null, stage, customer: name, requester_id: null };
    const others = await lockOthers(writing, by, [result]);
    const saved = await saveApplied(context, writing, by, result);
    await append(context, writing, { kind: "rotatedByClock", stage, customer: name, data: { ...saved } });
    for (const other of others) await planOther(context, writing, other);
  });
}

/** Records that an apply failed for good. */
export async function applyFailed(
  context: ServiceContext,
  requestId: string,
  failure: Failure,
  guard?: Guard,
): Promise<void> {
  await tell(context, { requestId, state: "applying", guard }, (writing) =>
    fail(context, writing, requestId, "applyFailed", failure),
  );
}

async function fail(
  context: ServiceContext,
  writing: Writing,
  requestId: string,
  event: "planFailed" | "applyFailed",
  failure: Failure,
): Promise<void> {
  const problem = JSON.stringify(failure);
  await transition(context, writing, { requestId, event, data: { problem: failure }, set: { problem } });
}

/** A whole entry based on an older record would undo later changes. */
async function staleOf(writing: Writing, request: RequestRow): Promise<Failure | undefined> {
  if (request.kind !== "changeCustomer" || request.customer === null) return undefined;
  const customer = await findCustomer(writing, request.stage, request.customer);
  if (customer === undefined) return undefined;
  const stale = await staleness(writing, customer, request.based_on);
  // If nothing declared has changed, such as by a scheduled rotation, it undoes nothing.
  return stale === undefined || changesNothingDeclared(stale) ? undefined : failureOf(stale);
}

function failureOf({ code, message, more }: Problem): Failure {
  return { code, detail: message, ...more };
}

async function insertPlan(
  { now }: ServiceContext,
  writing: Writing,
  requestId: string,
  { digest, facts, lines, changes }: PlanMade,
): Promise<string> {
  const id = randomUUID();
  await writing
    .insertInto("plans")
    .values({
      id,
      request_id: requestId,
      digest,
      facts: JSON.stringify(facts),
      lines: JSON.stringify(lines),
      changes: JSON.stringify(changes),
      made_at: now(),
    })
    .execute();
  return id;
}

/** Revokes the approvals of the request's other plans for good, and returns the differences. */
async function revokeOthers(
  context: ServiceContext,
  writing: Writing,
  request: RequestRow,
  plan: PlanMade,
): Promise<void> {
  const open = (table: "approvals" | "broken_glass") =>
    writing
      .selectFrom(table)
      .select([`${table}.id`, `${table}.digest`])
      .where("request_id", "=", request.id)
      .where("digest", "<>", plan.digest)
      .where(isOpen(table))
      .execute();
  const ended = [...(await open("approvals")), ...(await open("broken_glass"))];
  if (ended.length === 0) return;
  const at = context.now();
  await writing
    .insertInto("approval_ends")
    .values(ended.map(({ id }) => ({ approval_id: id, how: "revoked", at })))
    .execute();
  const before = await writing
    .selectFrom("plans")
    .select(["digest", "lines", "facts"])
    .where("id", "=", request.plan_id ?? "")
    .executeTakeFirst();
  await append(context, writing, {
    kind: "approvalsRevoked",
    requestId: request.id,
    stage: request.stage,
    customer: request.customer ?? undefined,
    data: {
      approvals: ended.map(({ id }) => id),
      before: before?.digest ?? null,
      after: plan.digest,
      differences: differencesOf({ lines: before?.lines ?? [] }, { lines: plan.lines }),
    },
  });
}

/** Records approvals that may have been forged, and shows them to viewers. */
async function recordForged(
  context: ServiceContext,
  writing: Writing,
  request: RequestRow,
  notCounted: readonly NotCounted[],
): Promise<void> {
  for (const { approvalId, why } of notCounted.filter(({ isForged }) => isForged)) {
    await append(context, writing, {
      kind: "approvalNotVerified",
      requestId: request.id,
      stage: request.stage,
      customer: request.customer ?? undefined,
      data: { approval: approvalId, why },
    });
  }
}

async function planAnew(
  context: ServiceContext,
  writing: Writing,
  requestId: string,
  event: "planChanged" | "planOutdated",
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await transition(context, writing, { requestId, event, data });
  await context.jobs.plan(writing, requestId);
}

async function queueApply(context: ServiceContext, writing: Writing, request: RequestRow): Promise<void> {
  await context.jobs.apply(writing, request.id, jobKeyOf(request));
}

/** Locks the requests of the same customers whose plan is now outdated, in the order of their ids. */
async function lockOthers(
  writing: Writing,
  request: { id: string | null; stage: string; customer: string | null },
  customers: readonly AppliedCustomer[],
): Promise<RequestRow[]> {
  const names = [...new Set([request.customer, ...customers.map(({ name }) => name)])].filter(
    (name) => name !== null && name !== undefined,
  );
  return await writing
    .selectFrom("requests")
    .selectAll()
    .where("stage", "=", request.stage)
    .where((where) => where.or([where("customer", "in", names), where("customer", "is", null)]))
    .$if(request.id !== null, (query) => query.where("id", "<>", request.id ?? ""))
    .where("state", "in", ["waitingForApproval", "queued"] satisfies RequestState[])
    .orderBy("id")
    .forUpdate()
    .execute();
}

async function planOther(context: ServiceContext, writing: Writing, other: RequestRow): Promise<void> {
  const stale = await staleOf(writing, other);
  if (stale === undefined) {
    await planAnew(context, writing, other.id, "planOutdated", {});
    return;
  }
  await transition(context, writing, { requestId: other.id, event: "planOutdated" });
  await fail(context, writing, other.id, "planFailed", stale);
}
