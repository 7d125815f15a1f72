import { randomUUID } from "node:crypto";

import { checkApprovals } from "../approval/check";
import { revokeOthers } from "../approval/ends";
import type { ServiceContext } from "../context";
import type { RequestRow, Writing } from "../records/schema";
import { jobKeyOf } from "../requests/customers-asked-for";
import { fail, type Failure, type Guard, planAnew, recordForged, report, staleOf } from "./report";
import { transition } from "./transition";

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

async function queueApply(context: ServiceContext, writing: Writing, request: RequestRow): Promise<void> {
  await context.jobs.apply(writing, request.id, jobKeyOf(request));
}
