import { insistOnOwn, insistOnSight } from "../approval/access";
import type { ServiceContext } from "../context";
import type { Person } from "../person";
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
