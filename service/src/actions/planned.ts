import { randomUUID } from "node:crypto";

import { checkApprovals, type NotCounted } from "../approval/check";
import { revokeOthers } from "../approval/ends";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import type { Problem } from "../problem";
import { write } from "../records/database";
import type { RequestRow, Writing } from "../records/schema";
import { findCustomer, jobKeyOf } from "../requests/customers-asked-for";
import type { RequestState } from "../requests/request";
import { changesNothingDeclared, staleness } from "../requests/stale";
import { lockRequest, transition } from "./transition";

/**
 * The worker's reports of plans; those of applies are in `applied.ts`. Each is one transaction. A report that comes too
 * late, because the request was withdrawn meanwhile, changes nothing.
 */

/** Ensures, in the transaction, that the reporting worker still has the lease: see `work/lease.ts`. */
export type Guard = (writing: Writing) => Promise<void>;

/**
 * Records a worker's report in one transaction; does nothing if the request is in another state by now.
 *
 * @returns what `work` returns; undefined if it was not done
 */
export async function report<T>(
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
  await report(context, { requestId, state: "previewing", guard }, async (writing, request) => {
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
  await report(context, { requestId, state: "previewing", guard }, (writing) =>
    fail(context, writing, requestId, "planFailed", failure),
  );
}

/** Records that the plan has changed: it is made again, and shown. */
export async function planChanged(context: ServiceContext, requestId: string, guard?: Guard): Promise<void> {
  await report(context, { requestId, state: "queued", guard }, (writing) =>
    planAnew(context, writing, requestId, "planChanged", { why: "digest" }),
  );
}

/** Records that a plan could not be made, or that an apply failed. */
export async function fail(
  context: ServiceContext,
  writing: Writing,
  requestId: string,
  event: "planFailed" | "applyFailed",
  failure: Failure,
): Promise<void> {
  const problem = JSON.stringify(failure);
  await transition(context, writing, { requestId, event, data: { problem: failure }, set: { problem } });
}

/** Returns why a request cannot be planned any more: a whole entry based on an older record would undo later changes. */
export async function staleOf(writing: Writing, request: RequestRow): Promise<Failure | undefined> {
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

/** Records approvals that may have been forged, and shows them to viewers. */
export async function recordForged(
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

/** Has the plan of a request made again. */
export async function planAnew(
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
