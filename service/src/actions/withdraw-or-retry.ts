import { insistOnOwn, insistOnSight } from "../approval/access";
import type { ServiceContext } from "../context";
import { insistOnRole, type Person } from "../person";
import type { Writing } from "../records/schema";
import { lockRequest, transition } from "./transition";

/**
 * Withdraws a request before it is applied.
 *
 * @throws `Problem` `notFound` or `forbidden`, `WrongStateError`
 */
export async function withdraw(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  requestId: string,
  reason: string,
): Promise<{ requestId: string }> {
  const request = await lockRequest(writing, requestId);
  insistOnSight(context, caller, request);
  insistOnOwn(caller, request, "withdraw it");
  await transition(context, writing, { requestId, event: "withdrawn", actorId: caller.id, data: { reason } });
  return { requestId };
}

/**
 * Retries a failed request, starting with its plan: approvals that an apply has used stay used.
 *
 * @throws `Problem` `notFound` or `forbidden`, `WrongStateError`
 */
export async function retry(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  requestId: string,
  reason: string,
): Promise<{ requestId: string }> {
  insistOnRole(caller, "administrator");
  insistOnSight(context, caller, await lockRequest(writing, requestId));
  await transition(context, writing, {
    requestId,
    event: "retried",
    actorId: caller.id,
    data: { reason },
    set: { problem: null },
  });
  await context.jobs.plan(writing, requestId);
  return { requestId };
}
