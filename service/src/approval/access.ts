import type { ServiceContext } from "../context";
import { isSamePerson, type Person } from "../person";
import { Problem } from "../problem";
import type { RequestRow } from "../records/schema";
import { requesterOf } from "../requests/signed-request";
import { requirementFor } from "./check";
import { objectionTo } from "./rule";

/** Returns whether a person made a request, from any account. */
export function isRequester(caller: Person, request: RequestRow): boolean {
  return isSamePerson(caller, requesterOf(request));
}

/** Returns whether a person may see a request: its requester, approvers of its stage, administrators, auditors. */
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
 * Ensures that a person may see a request. Others get the same answer as if it did not exist.
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
 * Ensures that a person made the request, or is an administrator.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnOwn(caller: Person, request: RequestRow, what: string): void {
  if (isRequester(caller, request) || caller.roles.includes("administrator")) return;
  throw new Problem("forbidden", `Only the requester or an administrator may ${what}.`, {
    requestId: request.id,
  });
}
