import { requirementFor } from "../approval/check";
import { objectionTo } from "../approval/rule";
import type { ServiceContext } from "../context";
import { isSamePerson, type Person } from "../identity/person";
import { Problem } from "../problem";
import { requesterOf } from "./signed-request";
import type { RequestRow } from "./transition";

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
  if (!maySee(context, caller, request)) throw new Problem("notFound", `There is no request ${request.id}.`);
}

/**
 * Insists that somebody asked for it, or is an administrator.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnOwn(caller: Person, request: RequestRow, what: string): void {
  if (isRequester(caller, request) || caller.roles.includes("administrator")) return;
  throw new Problem("forbidden", `Only whoever asked, or an administrator, may ${what}.`, {
    requestId: request.id,
  });
}

/**
 * Insists on a role.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnRole(caller: Person, ...roles: Person["roles"][number][]): void {
  if (roles.some((role) => caller.roles.includes(role))) return;
  throw new Problem("forbidden", `This needs the role ${roles.join(" or ")}.`);
}
