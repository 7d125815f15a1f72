import { randomUUID } from "node:crypto";

import { checkApprovals, type NotCounted } from "../approval/check";
import { isOpen } from "../approval/ends";
import { append } from "../audit/chain";
import type { ServiceContext, Writing } from "../context";
import type { Problem } from "../problem";
import { write } from "../records/database";
import { type AppliedCustomer, saveApplied } from "../records/save-applied";
import { findCustomer, jobKeyOf } from "./customers-asked-for";
import { differencesOf } from "./differences";
import type { RequestState } from "./request";
import { staleness } from "./stale";
import { lockRequest, type RequestRow, transition } from "./transition";

/*
 * What the worker tells: a plan was made, an apply begins, how it ended. Each is one transaction. What comes too late, since
 * the request was withdrawn meanwhile, changes nothing.
 */

/** Insists, in the transaction, that whoever tells it still has the right to: see `work/lease.ts`. */
export type Guard = (writing: Writing) => Promise<void>;

/**
 * Does in one transaction what the worker tells of a request; nothing where the request is in another state by now.
 *
 * @returns what `work` returns; undefined where it was not done
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
  /** What the digest is taken of. No secret. */
  facts: object;
  /** The plan in plain words, made from `facts`. */
  lines: readonly string[];
  changes: object;
  /** Whether it changes nothing. */
  isEmpty?: boolean;
}

/** What is told of a failure. No credential. */
export interface Failure {
  /** For programs. */
  code: string;
  /** For people: what happened, and what to do next. */
  detail: string;
  [more: string]: unknown;
}

/**
 * Takes a plan that was made. Approvals of the same digest stay; those of any other end for good. The request waits for
 * approvals, is queued where it needs none or has them, or ends where nothing would change.
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

/** Takes that a plan could not be made. */
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
 * Begins an apply, under the customer's lease, just before the engine starts: checks the approvals of the digest once more
 * and uses them up. Where they do not hold any more, the request is planned anew.
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

/** Takes that the plan is another one by now: it is made again, and shown. */
export async function planChanged(context: ServiceContext, requestId: string, guard?: Guard): Promise<void> {
  await tell(context, { requestId, state: "queued", guard }, (writing) =>
    planAnew(context, writing, requestId, "planChanged", { why: "digest" }),
  );
}

/**
 * Takes what an apply came to: puts the customer on record, ends the request, and has the customer's other plans made
 * again. A change that was written from an older record would undo this one: it fails, with what differs.
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
    const saved = [];
    for (const customer of customers) saved.push(await saveApplied(context, writing, request, customer));
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

/** Takes that an apply failed for good. */
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

/** A whole entry that was written from an older record would undo what was changed since. */
async function staleOf(writing: Writing, request: RequestRow): Promise<Failure | undefined> {
  if (request.kind !== "changeCustomer" || request.customer === null) return undefined;
  const customer = await findCustomer(writing, request.stage, request.customer);
  if (customer === undefined) return undefined;
  const stale = await staleness(writing, customer, request.based_on);
  return stale === undefined ? undefined : failureOf(stale);
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

/** Ends the approvals of other plans of the request for good, and says what differs. */
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

/** What somebody may have made up is on record, and told to whoever looks. */
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

/** Locks the requests of the same customers that have a plan which is out of date now, in the order of their ids. */
async function lockOthers(
  writing: Writing,
  request: RequestRow,
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
    .where("id", "<>", request.id)
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
