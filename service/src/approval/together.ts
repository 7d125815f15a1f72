import type { ServiceContext } from "../context";
import type { Reading, RequestRow } from "../records/schema";
import { touchesOf } from "../requests/touches";

/** What to do about a plan that is not approved together with others. */
export const decideAlone = "open the request and decide it with a separate log-in.";

/**
 * Returns whether a plan needs a separate log-in for its approval: it deletes something, according to its facts or the
 * request.
 */
export async function isDecidedAlone(
  context: Pick<ServiceContext, "settings">,
  reading: Reading,
  request: RequestRow,
  facts: object,
): Promise<boolean> {
  return (await touchesOf(context, reading, request, facts)).includes("delete");
}
