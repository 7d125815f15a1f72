import type { ServiceContext } from "../context";
import { isSamePerson, type Person } from "../person";
import { Problem } from "../problem";
import type { RequestRow } from "../records/schema";
import { requesterOf } from "../requests/signed-request";
import { requirementFor } from "./check";
import { objectionTo } from "./rule";

/** Tells whether somebody asked for it, by whichever account. */
export function isRequester(caller: Person, request: RequestRow): boolean {
  return isSamePerson(caller, requesterOf(request));
}

/** Tells whether somebody may see a request: whoever asked, approvers of its stage, administrators, auditors. */
export function maySee(
  context: Pick<ServiceContext, "settings">,
  caller: Person,
  request: RequestRow,
): boolean {
  if (isRequester(caller, request)) return true;
  if (caller.roles.includes("administrator") || caller.roles.includes("auditor")) return true;
  return objectionTo(caller, requesterOf(request), requirementFor(context, request)) === undefined;
}

/**
 * Insists that somebody may see a request. Who may not is told the same as where there is none.
 *
 * @throws {@link Problem} `notFound`
 */
export function insistOnSight(
  context: Pick<ServiceContext, "settings">,
  caller: Person,
  request: RequestRow,
): void {
  if (maySee(context, caller, request)) return;
  throw new Problem("notFound", `There is no request ${request.id}.`, {}, { isRefusal: true });
}

/**
 * Insists that somebody asked for it, or is an administrator.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnOwn(caller: Person, request: RequestRow, what: string): void {
  if (isRequester(caller, request) || caller.roles.includes("administrator")) return;
  throw new Problem("forbidden", `Only the requester or an administrator may ${what}.`, {
    requestId: request.id,
  });
}
