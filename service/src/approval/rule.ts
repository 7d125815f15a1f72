import { rowOfStage } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ServiceContext } from "../context";
import { type Absent, type Identity, isMachine, isSamePerson, type Person, personKey } from "../person";
import type { Reading, RequestRow } from "../records/schema";
import type { RequestKind } from "../requests/request";
import { touchesOf } from "../requests/touches";
import type { ApprovalRule } from "../settings/settings";

/** What a change needs before it is applied: the stricter of the rule when it was requested, and of the present one. */
export interface Requirement {
  /** How many people must approve, besides the requester. */
  required: number;
  /** An approver must be in one group of each list. */
  groups: string[][];
  validForHours: number;
}

/** How old an approver's log-in may be, in minutes. */
export const freshForMinutes = 15;

/** How far two clocks may differ, in milliseconds. */
const clockSkewMs = 60_000;

/** Returns the strictest combination of rules for a kind of request. A protected stage always needs a second person. */
export function requirementOf(
  stage: string,
  kind: RequestKind,
  ...rules: readonly ApprovalRule[]
): Requirement {
  // An unknown stage is treated as a protected one.
  const least = (rowOfStage(stage)?.isProtected ?? true) ? 1 : 0;
  const numbers = rules.map(({ required, byKind }) => byKind[kind] ?? required);
  const groups = rules.map((rule) => [...new Set(rule.groups)].sort()).filter((list) => list.length > 0);
  return {
    required: Math.max(least, ...numbers),
    groups: [...new Map(groups.map((list) => [list.join("\n"), list])).values()],
    validForHours: Math.min(...rules.map(({ validForHours }) => validForHours)),
  };
}

/** Why a person may not approve. */
export type Objection = "machine" | "samePerson" | "notApprover" | "otherGroup" | "staleLogIn";

type Rights = Pick<Person, "roles" | "groups" | "deputyFor">;

/**
 * Returns why a person may not approve a request; undefined if they may. A deputy has the groups of the
 * absent approver, unless that is the requester.
 */
export function objectionTo(
  approver: Identity & Rights,
  requester: Identity,
  { groups }: Pick<Requirement, "groups">,
): Exclude<Objection, "staleLogIn"> | undefined {
  if (isMachine(approver)) return "machine";
  if (isSamePerson(approver, requester)) return "samePerson";
  const { roles, groups: own } = approver;
  return objectionToRights({ roles, groups: own, deputyFor: lendersTo(approver, requester) }, { groups });
}

/** Returns why a person's role and groups, with those of the absent approvers, do not suffice for any requester. */
export function objectionToRights(
  { roles, groups: own, deputyFor = [] }: Rights,
  { groups }: Pick<Requirement, "groups">,
): "notApprover" | "otherGroup" | undefined {
  if (!roles.includes("approver")) return "notApprover";
  const all = [...own, ...deputyFor.flatMap((absent) => absent.groups)];
  const isMember = groups.every((list) => list.some((group) => all.includes(group)));
  return isMember ? undefined : "otherGroup";
}

/** Returns the absent approvers whose groups an approver needs; empty if their own suffice. */
export function absentNeededBy(
  approver: Identity & Rights,
  requester: Identity,
  { groups }: Pick<Requirement, "groups">,
): Absent[] {
  const lacking = groups.filter((list) => !list.some((group) => approver.groups.includes(group)));
  return lendersTo(approver, requester).filter((absent) =>
    lacking.some((list) => list.some((group) => absent.groups.includes(group))),
  );
}

function lendersTo({ deputyFor = [] }: Rights, requester: Identity): Absent[] {
  return deputyFor.filter(({ identity }) => !isSamePerson(identity, requester));
}

/** Returns whether a log-in is recent enough to approve. */
export function isFresh(authenticatedAt: Date | undefined, now: Date): boolean {
  if (authenticatedAt === undefined) return false;
  const age = now.getTime() - authenticatedAt.getTime();
  return age <= freshForMinutes * 60_000 && age >= -clockSkewMs;
}

/** Returns when an approval expires. */
export function endOf(givenAt: Date, { validForHours }: Pick<Requirement, "validForHours">): Date {
  return new Date(givenAt.getTime() + validForHours * 3_600_000);
}

/** The approver, and the absent approvers whose groups were needed. */
export interface Approver extends Identity {
  standsInFor?: readonly Identity[];
}

/** Returns whether a plan may proceed: enough people have approved it, or break-glass was used. */
export function isEnough(
  { required }: Pick<Requirement, "required">,
  approvers: readonly Approver[],
  isGlassBroken: boolean,
): boolean {
  return isGlassBroken || countPersons(approvers) >= required;
}

/**
 * Counts the people among approvers: a person with two accounts counts once, and so do a deputy and the
 * absent approver whose group was needed.
 */
export function countPersons(approvers: readonly Approver[]): number {
  let persons: Set<string>[] = [];
  for (const { person, standsInFor = [] } of approvers) {
    const own = personKey(person);
    if (own === undefined) continue;
    const keys = new Set([own, ...standsInFor.flatMap((absent) => personKey(absent.person) ?? [])]);
    const isSame = (other: ReadonlySet<string>): boolean => [...keys].some((key) => other.has(key));
    const same = persons.filter(isSame).flatMap((other) => [...other]);
    persons = [...persons.filter((other) => !isSame(other)), new Set([...keys, ...same])];
  }
  return persons.length;
}

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
