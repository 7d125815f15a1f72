import { randomUUID } from "node:crypto";

import type { Selectable } from "kysely";
import { dayMs } from "pulumi-resistant-tenants/internal/clock";

import { freshForMinutes, isFresh } from "../approval/rule";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { absentWith, presentAbsences } from "../identity/deputies";
import { identityOf, oncePerPerson } from "../notices/recipients";
import { tellOfAbsence } from "../notices/tell";
import { type Identity, isMachine, isSamePerson, type Person, type Role } from "../person";
import { Problem } from "../problem";
import type { AbsencesTable, PeopleTable, Reading, Writing } from "../records/schema";
import { sign } from "../signing/signature";

/** What an approver sends who will be away. */
export interface NewAbsence {
  /** Default: now. */
  from?: Date | undefined;
  until: Date;
  /** Another approver: the id here, the account's `sub`, or the address. */
  deputy: string;
}

type AbsenceRow = Selectable<AbsencesTable>;

/** The longest absence, in days. */
export const longestAbsenceDays = 180;
/**
 * Records that an approver will be away, and who is the deputy. It replaces the person's earlier absence.
 *
 * @throws {@link Problem} `forbidden`, `staleLogIn`, `samePerson`, `invalid`
 */
export async function setAbsence(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  { from, until, deputy }: NewAbsence,
): Promise<{ absenceId: string }> {
  const person = insistOnApprover(context, caller);
  const now = context.now();
  const begins = from === undefined || from < now ? now : from;
  if (until <= begins) throw new Problem("invalid", "until: it must be later than now, and than `from`.");
  if (until.getTime() - begins.getTime() > longestAbsenceDays * dayMs)
    throw new Problem("invalid", `until: it must be at most ${longestAbsenceDays} days later.`);
  const found = await findDeputy(writing, caller, deputy);
  const ended = await endOwn(context, writing, caller);
  const id = randomUUID();
  const groups = [...caller.groups];
  const signature = await sign(context.approvals, "absence", {
    absence: id,
    absent: { issuer: caller.issuer, subject: caller.subject, person },
    deputy: { issuer: found.issuer, subject: found.subject, person: found.person ?? "" },
    groups,
    from: begins.toISOString(),
    until: until.toISOString(),
    at: now.toISOString(),
  });
  const row = { id, person_id: caller.id, deputy_id: found.id, signature, created_at: now };
  await writing
    .insertInto("absences")
    .values({ ...row, from_at: begins, until_at: until })
    .execute();
  await tellOfAbsence(context, writing, { id, personId: caller.id, deputyId: found.id, from: begins, until });
  await recordEnds(context, writing, caller, ended);
  await append(context, writing, {
    kind: "absenceBegun",
    actorId: caller.id,
    data: {
      absence: id,
      deputy: found.id,
      from: begins.toISOString(),
      until: until.toISOString(),
      groups,
    },
  });
  return { absenceId: id };
}

function insistOnApprover(context: ServiceContext, caller: Person): string {
  if (isMachine(caller) || caller.person === undefined)
    throw new Problem("forbidden", "A machine cannot approve, and cannot name a deputy.");
  if (!caller.roles.includes("approver"))
    throw new Problem("forbidden", "To name a deputy, you need the role approver.");
  if (!isFresh(caller.authenticatedAt, context.now()))
    throw new Problem(
      "staleLogIn",
      `To name a deputy, you must have logged in within the last ${freshForMinutes} minutes: log in again.`,
    );
  return caller.person;
}

async function findDeputy(
  reading: Reading,
  caller: Person,
  deputy: string,
): Promise<Selectable<PeopleTable>> {
  const people = await approvers(reading);
  const wanted = deputy.trim().toLowerCase();
  const isNamed = ({ id, subject, email }: Selectable<PeopleTable>): boolean =>
    [id, subject, email].some((name) => name?.toLowerCase() === wanted);
  const [found, ...others] = people.filter(isNamed);
  if (found === undefined)
    throw new Problem(
      "invalid",
      "deputy: the service knows no such approver. A deputy needs the role approver, and must have logged in once.",
    );
  if (others.some((other) => !isSamePerson(identityOf(other), identityOf(found))))
    throw new Problem("invalid", "deputy: several approvers have this name: use the deputy's id.");
  if (isMachine(identityOf(found))) throw new Problem("invalid", "deputy: a machine cannot approve.");
  if (isSamePerson(identityOf(found), caller))
    throw new Problem(
      "samePerson",
      "You cannot be your own deputy, even with another account: name another person.",
    );
  return found;
}

/** Ends a person's earlier absences, from any account. The events are recorded after all rows are written. */
async function endOwn(context: ServiceContext, writing: Writing, caller: Person): Promise<AbsenceRow[]> {
  const own = await ownAbsences(context, writing, caller);
  for (const { id } of own)
    await writing.updateTable("absences").set({ ended_at: context.now() }).where("id", "=", id).execute();
  return own;
}

async function recordEnds(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  ended: readonly AbsenceRow[],
): Promise<void> {
  for (const { id, person_id: actorId } of ended)
    await append(context, writing, { kind: "absenceEnded", actorId, data: { absence: id, by: caller.id } });
}

/**
 * Ends a person's absence: from then on the deputy has only their own groups.
 *
 * @throws {@link Problem} `notFound` if there is none
 */
export async function endAbsence(context: ServiceContext, writing: Writing, caller: Person): Promise<void> {
  const ended = await endOwn(context, writing, caller);
  if (ended.length === 0) throw new Problem("notFound", "You have not named a deputy.");
  await recordEnds(context, writing, caller, ended);
}

/** A person's absence, and whose deputy they are. */
export interface AbsenceView {
  /** Absent if there is none, or it is over. */
  own?: { from: string; until: string; deputy: { id: string; name?: string } };
  /** The absent approvers who have named the caller. */
  deputyFor: { id: string; name?: string; until: string }[];
  /** The possible deputies; empty for callers who are not approvers. */
  deputies: { id: string; name?: string }[];
}

/** Reads a person's absence and deputy, and whose deputy they are. */
export async function readAbsence(
  context: Pick<ServiceContext, "approvals" | "database" | "now">,
  caller: Person,
): Promise<AbsenceView> {
  const { database } = context;
  const [own] = await ownAbsences(context, database, caller);
  const absences = await presentAbsences(context, database);
  const standsInFor = absentWith(absences, caller);
  const people = await database.selectFrom("people").select(["id", "name"]).execute();
  const view = (id: string): { id: string; name?: string } => {
    const name = people.find((person) => person.id === id)?.name;
    return { id, ...(name == null ? {} : { name }) };
  };
  const others = caller.roles.includes("approver") ? await approvers(database) : [];
  return {
    ...(own === undefined
      ? {}
      : {
          own: {
            from: own.from_at.toISOString(),
            until: own.until_at.toISOString(),
            deputy: view(own.deputy_id),
          },
        }),
    deputyFor: standsInFor.map(({ absence, personId }) => ({
      ...view(personId),
      until: absences.find(({ absent }) => absent.absence === absence)?.until.toISOString() ?? "",
    })),
    deputies: oncePerPerson(others)
      .filter((other) => !isMachine(identityOf(other)) && !isSamePerson(identityOf(other), caller))
      .map(({ id }) => view(id)),
  };
}

/** Reads the absences of a person that are not over, from any account. */
async function ownAbsences(
  { now }: Pick<ServiceContext, "now">,
  reading: Reading,
  caller: Identity,
): Promise<AbsenceRow[]> {
  const rows = await reading
    .selectFrom("absences")
    .innerJoin("people", "people.id", "absences.person_id")
    .selectAll("absences")
    .select(["people.issuer", "people.subject", "people.person"])
    .where("until_at", ">", now())
    .where("ended_at", "is", null)
    .orderBy("absences.created_at", "desc")
    .execute();
  return rows.filter((row) => isSamePerson({ ...row, person: row.person ?? undefined }, caller));
}

async function approvers(reading: Reading): Promise<Selectable<PeopleTable>[]> {
  const people = await reading.selectFrom("people").selectAll().orderBy("name").orderBy("id").execute();
  return people.filter(({ roles }) => (roles as Role[]).includes("approver"));
}
