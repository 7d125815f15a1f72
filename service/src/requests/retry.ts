import type { ServiceContext, Writing } from "../context";
import type { Person } from "../identity/person";
import { insistOnRole, insistOnSight } from "./access";
import { lockRequest, transition } from "./transition";

/**
 * Has a failed request tried again, from its plan on: approvals that an apply has used are used.
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
  const request = await lockRequest(writing, requestId);
  insistOnSight(context, caller, request);
  insistOnRole(caller, "administrator");
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
