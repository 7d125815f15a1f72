import { createHash, randomBytes } from "node:crypto";

import type { ServiceContext } from "../context";
import { readPerson } from "./people";
import type { Person } from "./person";

/** How long a session lasts, in milliseconds: then the issuer is asked for the person's roles again. */
export const sessionMs = 8 * 60 * 60 * 1_000;

/** Begins a session of somebody who has just logged in; returns the random id for the cookie. */
export async function beginSession(
  { database, now }: Pick<ServiceContext, "database" | "now">,
  person: Person,
): Promise<string> {
  const id = randomBytes(32).toString("base64url");
  const at = now();
  await database
    .insertInto("sessions")
    .values({
      id_hash: hashOf(id),
      person_id: person.id,
      authenticated_at: person.authenticatedAt ?? at,
      expires_at: new Date(at.getTime() + sessionMs),
      revoked_at: null,
    })
    .execute();
  return id;
}

/** Gives whose session it is; undefined where it has ended, or never was. */
export async function findSession(
  context: Pick<ServiceContext, "database" | "now">,
  id: string,
): Promise<Person | undefined> {
  const session = await context.database
    .selectFrom("sessions")
    .select(["person_id", "authenticated_at"])
    .where("id_hash", "=", hashOf(id))
    .where("revoked_at", "is", null)
    .where("expires_at", ">", context.now())
    .executeTakeFirst();
  return session && (await readPerson(context, session.person_id, session.authenticated_at));
}

/** Ends a session: its cookie is worth nothing from then on. */
export async function endSession(
  { database, now }: Pick<ServiceContext, "database" | "now">,
  id: string,
): Promise<void> {
  await database
    .updateTable("sessions")
    .set({ revoked_at: now() })
    .where("id_hash", "=", hashOf(id))
    .where("revoked_at", "is", null)
    .execute();
}

function hashOf(id: string): Buffer {
  return createHash("sha256").update(id).digest();
}
