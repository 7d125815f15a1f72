import { sql } from "kysely";
import { z } from "zod";

import type { ServiceContext } from "../context";
import { type Absent, type Identity, isMachine, isSamePerson, type Role } from "../person";
import type { Reading } from "../records/schema";
import { SignatureError, verify } from "../signing/signature";

/** A person's absence, with the deputy. */
export interface Absence {
  absent: Absent;
  deputy: Identity;
  /** The deputy's id in the table `people`. */
  deputyId: string;
  from: Date;
  until: Date;
}

const listSchema = z.array(z.string());

/**
 * Lists who is away now, and whose deputy each has named. An absence counts if the web process has signed it,
 * nothing on record has ended it, and the absent person is still an approver. It lends the groups that the
 * person had then and has now.
 */
export async function presentAbsences(
  context: Pick<ServiceContext, "approvals" | "now">,
  reading: Reading,
): Promise<Absence[]> {
  const now = context.now();
  const rows = await reading
    .selectFrom("absences")
    .innerJoin("people", "people.id", "absences.person_id")
    .selectAll("absences")
    .select(["people.roles", "people.groups", "people.issuer", "people.subject", "people.person"])
    .where("from_at", "<=", now)
    .where("until_at", ">", now)
    .where("ended_at", "is", null)
    // The database's owner could remove the mark, but not the event.
    .where(
      sql<boolean>`not exists (select from events e
        where e.kind = 'absenceEnded' and e.actor_id = absences.person_id
          and e.text::jsonb -> 'data' ->> 'absence' = absences.id::text)`,
    )
    .orderBy("absences.created_at")
    .execute();
  const found: Absence[] = [];
  for (const row of rows) {
    if (!(row.roles as Role[]).includes("approver")) continue;
    const signed = await signedBy(context, row.signature);
    if (signed === undefined) continue;
    const { absence, absent: identity, deputy, groups, from, until } = signed;
    const isAsSigned =
      absence === row.id &&
      isSamePerson(identity, { ...row, person: row.person ?? undefined }) &&
      from === row.from_at.toISOString() &&
      until === row.until_at.toISOString();
    if (!isAsSigned) continue;
    const present = listSchema.parse(row.groups);
    const lent = groups.filter((group) => present.includes(group));
    const absent = { absence, personId: row.person_id, identity, groups: lent };
    found.push({ absent, deputy, deputyId: row.deputy_id, from: row.from_at, until: row.until_at });
  }
  return found;
}

async function signedBy({ approvals }: Pick<ServiceContext, "approvals">, signature: string) {
  try {
    return await verify(approvals, "absence", signature);
  } catch (error) {
    if (error instanceof SignatureError) return undefined;
    throw error;
  }
}

/** Returns the absent people who have named a person as deputy, from any account. No one is their own deputy. */
export function absentWith(absences: readonly Absence[], deputy: Identity): Absent[] {
  if (isMachine(deputy)) return [];
  return absences
    .filter(
      (absence) => isSamePerson(absence.deputy, deputy) && !isSamePerson(absence.absent.identity, deputy),
    )
    .map(({ absent }) => absent);
}
