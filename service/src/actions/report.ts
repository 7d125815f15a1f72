import type { NotCounted } from "../approval/check";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import type { Problem } from "../problem";
import { write } from "../records/database";
import type { RequestRow, Writing } from "../records/schema";
import { findCustomer } from "../requests/customers-asked-for";
import type { RequestState } from "../requests/request";
import { changesNothingDeclared, staleness } from "../requests/stale";
import { lockRequest, transition } from "./transition";

/*
 * What the worker's reports have in common: of plans (`planned.ts`) and of applies (`applied.ts`). Each is one transaction.
 * A report that comes too late, because the request was withdrawn meanwhile, changes nothing.
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

/** A failure to report. No credential. */
export interface Failure {
  /** For programs. */
  code: string;
  /** For people: what happened, and what to do next. */
  detail: string;
  [more: string]: unknown;
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
