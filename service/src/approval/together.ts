import type { ServiceContext } from "../context";
import type { Reading, RequestRow } from "../records/schema";
import { touchesOf } from "../requests/touches";

/** What to do about a plan that is not approved together with others. */
export const decideAlone = "open the request and decide it with a separate log-in.";

/**
 * Tells whether a plan is approved by a log-in of its own: one that deletes something, by its facts, or by what was asked.
 */
export async function isDecidedAlone(
  context: Pick<ServiceContext, "settings">,
  reading: Reading,
  request: RequestRow,
  facts: object,
): Promise<boolean> {
  return (await touchesOf(context, reading, request, facts)).includes("delete");
}
