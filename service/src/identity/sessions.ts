import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

import type { ServiceContext } from "../context";
import type { Person } from "../person";
import type { LogIn } from "./log-in";
import { readPerson } from "./people";

/** How long a session lasts, in milliseconds: then the issuer must report the person's roles again. */
export const sessionMs = 8 * 60 * 60 * 1_000;

type SessionContext = Pick<ServiceContext, "approvals" | "database" | "now"> & { logIn: Pick<LogIn, "seal"> };

/** The content of a session that its seal covers. */
interface Stands {
  id: string;
  expiresAt: Date;
  person: Person;
}

/**
 * Starts a session after a log-in; returns the content of the cookie: a random id, and a seal by the key of
 * the web process. Someone who has only the database can write a session, or change a person or roles in it,
 * but cannot make a seal for it.
 */
export async function beginSession(
  { database, now, logIn }: SessionContext,
  account: Person,
): Promise<string> {
  const id = randomBytes(32).toString("base64url");
  const at = now();
  const person = { ...account, authenticatedAt: account.authenticatedAt ?? at };
  const expiresAt = new Date(at.getTime() + sessionMs);
  await database
    .insertInto("sessions")
    .values({
      id_hash: hashOf(id),
      person_id: person.id,
      authenticated_at: person.authenticatedAt,
      expires_at: expiresAt,
      revoked_at: null,
    })
    .execute();
  return `${id}.${sealOf(logIn, { id, expiresAt, person })}`;
}

/**
 * Returns the person of a session; undefined if it has ended or never existed. It also ends if the person's
 * roles or groups have changed: a new log-in has them.
 */
export async function findSession(context: SessionContext, cookie: string): Promise<Person | undefined> {
  const [id = "", seal = ""] = cookie.split(".");
  const session = await context.database
    .selectFrom("sessions")
    .select(["person_id", "authenticated_at", "expires_at"])
    .where("id_hash", "=", hashOf(id))
    .where("revoked_at", "is", null)
    .where("expires_at", ">", context.now())
    .executeTakeFirst();
  if (session === undefined) return undefined;
  const person = await readPerson(context, session.person_id, session.authenticated_at);
  if (person === undefined) return undefined;
  const expected = Buffer.from(sealOf(context.logIn, { id, expiresAt: session.expires_at, person }));
  const given = Buffer.from(seal);
  return expected.length === given.length && timingSafeEqual(expected, given) ? person : undefined;
}

/** Ends a session: its cookie is no longer accepted. */
export async function endSession(
  { database, now }: Pick<ServiceContext, "database" | "now">,
  cookie: string,
): Promise<void> {
  await database
    .updateTable("sessions")
    .set({ revoked_at: now() })
    .where("id_hash", "=", hashOf(cookie.split(".")[0] ?? ""))
    .where("revoked_at", "is", null)
    .execute();
}

function sealOf({ seal }: Pick<LogIn, "seal">, { id, expiresAt, person }: Stands): string {
  const { issuer, subject, person: claim, roles, groups, authenticatedAt } = person;
  const rights = [[...roles].sort(), [...groups].sort()];
  const times = [authenticatedAt, expiresAt].map((time) => time?.getTime());
  return seal(
    "session",
    JSON.stringify([id, person.id, issuer, subject, claim ?? null, ...rights, ...times]),
  );
}

function hashOf(id: string): Buffer {
  return createHash("sha256").update(id).digest();
}
