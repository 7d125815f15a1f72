import { rowOfStage } from "pulumi-resistant-tenants/internal/vocabulary";

import { type Identity, isMachine, isSamePerson, type Person, personKey } from "../identity/person";
import type { RequestKind } from "../requests/request";
import type { ApprovalRule } from "../settings/settings";

/** What a change needs before it is applied: the stricter of the rule when it was asked for, and of the present one. */
export interface Requirement {
  /** How many persons must approve, beside whoever asked. */
  required: number;
  /** An approver is in one group of each list. */
  groups: string[][];
  validForHours: number;
}

/** How long ago an approver has logged in, at most. */
export const freshForMinutes = 15;

/** How far two clocks may differ. */
const clockSkewMs = 60_000;

/** Gives the stricter of some rules for a kind of request. A stage that is protected never does without a second person. */
export function requirementOf(
  stage: string,
  kind: RequestKind,
  ...rules: readonly ApprovalRule[]
): Requirement {
  // What is no stage of ours is treated as one that is protected.
  const least = (rowOfStage(stage)?.isProtected ?? true) ? 1 : 0;
  const numbers = rules.map(({ required, byKind }) => byKind[kind] ?? required);
  const groups = rules.map((rule) => [...new Set(rule.groups)].sort()).filter((list) => list.length > 0);
  return {
    required: Math.max(least, ...numbers),
    groups: [...new Map(groups.map((list) => [list.join("\n"), list])).values()],
    validForHours: Math.min(...rules.map(({ validForHours }) => validForHours)),
  };
}

/** Why somebody may not approve. */
export type Objection = "machine" | "samePerson" | "notApprover" | "otherGroup" | "staleLogIn";

/** Tells why somebody may not approve what another one asked for; undefined where it may. */
export function objectionTo(
  approver: Identity & Pick<Person, "roles" | "groups">,
  requester: Identity,
  { groups }: Pick<Requirement, "groups">,
): Exclude<Objection, "staleLogIn"> | undefined {
  if (isMachine(approver)) return "machine";
  if (isSamePerson(approver, requester)) return "samePerson";
  return objectionToRights(approver, { groups });
}

/** Tells why somebody's role and groups do not suffice, whoever asked. */
export function objectionToRights(
  { roles, groups: own }: Pick<Person, "roles" | "groups">,
  { groups }: Pick<Requirement, "groups">,
): "notApprover" | "otherGroup" | undefined {
  if (!roles.includes("approver")) return "notApprover";
  const isMember = groups.every((list) => list.some((group) => own.includes(group)));
  return isMember ? undefined : "otherGroup";
}

/** Tells whether somebody has logged in lately enough to approve. */
export function isFresh(authenticatedAt: Date | undefined, now: Date): boolean {
  if (authenticatedAt === undefined) return false;
  const age = now.getTime() - authenticatedAt.getTime();
  return age <= freshForMinutes * 60_000 && age >= -clockSkewMs;
}

/** When an approval ends that was given at a time. */
export function endOf(givenAt: Date, { validForHours }: Pick<Requirement, "validForHours">): Date {
  return new Date(givenAt.getTime() + validForHours * 3_600_000);
}

/** Tells whether a plan may go on: enough persons have approved it, or the glass was broken for it. */
export function isEnough(
  { required }: Pick<Requirement, "required">,
  approvers: readonly Identity[],
  isGlassBroken: boolean,
): boolean {
  return isGlassBroken || countPersons(approvers) >= required;
}

/** Counts the persons among approvers: whoever has two accounts counts once. */
export function countPersons(approvers: readonly Identity[]): number {
  return new Set(approvers.map(({ person }) => personKey(person)).filter((key) => key !== undefined)).size;
}
