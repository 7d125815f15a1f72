import type { Selectable } from "kysely";

import { requirementFor } from "../approval/check";
import { objectionTo } from "../approval/rule";
import type { ServiceContext } from "../context";
import { absentWith, presentAbsences } from "../identity/deputies";
import { isSamePerson, personKey, type Role } from "../person";
import type { PeopleTable, Reading, RequestsTable } from "../records/schema";
import { requesterOf } from "../requests/signed-request";

type RequestRow = Selectable<RequestsTable>;
/** A person, as the database returns them. */
export type PersonRow = Selectable<PeopleTable>;
type Needed = Pick<ServiceContext, "approvals" | "now" | "settings">;

/**
 * Lists the people who may approve a request, with one account each, without the requester. Deputies of
 * absent approvers are included.
 *
 * @param isMailed - Whether to list only people who can be sent mail.
 */
export async function eligibleApprovers(
  context: Needed,
  reading: Reading,
  request: RequestRow,
  isMailed = false,
): Promise<PersonRow[]> {
  const requirement = requirementFor(context, request);
  const requester = requesterOf(request);
  const absences = await presentAbsences(context, reading);
  const people = await peopleWith(context, reading, ["approver"], isMailed);
  const eligible = people.filter((person) => {
    const identity = identityOf(person);
    const rights = { roles: person.roles as Role[], groups: person.groups as string[] };
    const deputyFor = absentWith(absences, identity);
    return objectionTo({ ...identity, ...rights, deputyFor }, requester, requirement) === undefined;
  });
  return oncePerPerson(eligible);
}

/** Lists the people who have one of the roles, with one account each; the one seen last comes first. */
export async function everybodyWith(
  context: Needed,
  reading: Reading,
  roles: readonly Role[],
): Promise<PersonRow[]> {
  return oncePerPerson(await peopleWith(context, reading, roles, true));
}

/** Removes the requester from a list. */
export function without(people: readonly PersonRow[], request: RequestRow): PersonRow[] {
  const requester = requesterOf(request);
  return people.filter((person) => !isSamePerson(identityOf(person), requester));
}

async function peopleWith(
  { now, settings }: Needed,
  reading: Reading,
  roles: readonly Role[],
  isMailed: boolean,
): Promise<PersonRow[]> {
  let query = reading.selectFrom("people").selectAll().orderBy("seen_at", "desc").orderBy("id");
  if (isMailed) {
    const days = settings.mail?.seenWithinDays ?? 0;
    query = query
      .where("email", "is not", null)
      .where("seen_at", ">", new Date(now().getTime() - days * 24 * 3_600_000));
  }
  const people = await query.execute();
  return people.filter((person) => roles.some((role) => (person.roles as Role[]).includes(role)));
}

/** Returns the first account of each person. */
export function oncePerPerson(people: readonly PersonRow[]): PersonRow[] {
  const known = new Map<string, PersonRow>();
  for (const person of people) {
    const key = personKey(person.person) ?? person.id;
    if (!known.has(key)) known.set(key, person);
  }
  return [...known.values()];
}

/** Returns the identity of a row. */
export function identityOf({ issuer, subject, person }: PersonRow) {
  return { issuer, subject, person: person ?? undefined };
}
