import { randomUUID } from "node:crypto";

import type { Selectable } from "kysely";
import { z } from "zod";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { type Person, roles } from "../person";
import { write } from "../records/database";
import type { PeopleTable, Writing } from "../records/schema";
import type { Account } from "./account";
import { absentWith, presentAbsences } from "./deputies";

const listSchema = z.array(z.string());
const rolesSchema = z.array(z.enum(roles));

/** How far `seen_at` may lag behind, in milliseconds: not every call writes. */
const seenAgainMs = 60_000;

type Row = Selectable<PeopleTable>;

/**
 * Updates the table of people from the issuer's claims, and returns the person. A gained or lost role or
 * group is an event.
 */
export async function seePerson(context: ServiceContext, account: Account): Promise<Person> {
  const { database, now } = context;
  const row = await database
    .selectFrom("people")
    .selectAll()
    .where("issuer", "=", account.issuer)
    .where("subject", "=", account.subject)
    .executeTakeFirst();
  if (row !== undefined && isAsSeen(row, account) && now().getTime() - row.seen_at.getTime() < seenAgainMs)
    return await withDeputyship(context, { ...account, id: row.id });
  const id = await write(context, (writing) => update(context, writing, account));
  return await withDeputyship(context, { ...account, id });
}

/** Adds the absent approvers who have named the person as deputy. */
async function withDeputyship(
  context: Pick<ServiceContext, "approvals" | "database" | "now">,
  person: Person,
): Promise<Person> {
  if (!person.roles.includes("approver")) return person;
  const deputyFor = absentWith(await presentAbsences(context, context.database), person);
  return deputyFor.length === 0 ? person : { ...person, deputyFor };
}

/** Reads a person with the roles of their last log-in or token. */
export async function readPerson(
  context: Pick<ServiceContext, "approvals" | "database" | "now">,
  id: string,
  authenticatedAt: Date | undefined,
): Promise<Person | undefined> {
  const { database } = context;
  const row = await database.selectFrom("people").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return undefined;
  return await withDeputyship(context, {
    id: row.id,
    issuer: row.issuer,
    subject: row.subject,
    person: row.person ?? undefined,
    name: row.name ?? undefined,
    email: row.email ?? undefined,
    roles: rolesSchema.parse(row.roles),
    groups: listSchema.parse(row.groups),
    authenticatedAt,
  });
}

async function update(context: ServiceContext, writing: Writing, account: Account): Promise<string> {
  const { issuer, subject } = account;
  const values = {
    person: account.person ?? null,
    // Many issuers' access tokens contain neither: the values of the last log-in stay.
    ...(account.name === undefined ? {} : { name: account.name }),
    ...(account.email === undefined ? {} : { email: account.email }),
    roles: JSON.stringify(account.roles) as never,
    groups: JSON.stringify(account.groups) as never,
    seen_at: context.now(),
  };
  const added = await writing
    .insertInto("people")
    .values({ id: randomUUID(), issuer, subject, ...values })
    .onConflict((conflict) => conflict.columns(["issuer", "subject"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  const row =
    added === undefined
      ? await writing
          .selectFrom("people")
          .selectAll()
          .where("issuer", "=", issuer)
          .where("subject", "=", subject)
          .forUpdate()
          .executeTakeFirstOrThrow()
      : undefined;
  const id = added?.id ?? row?.id ?? "";
  if (row !== undefined) await writing.updateTable("people").set(values).where("id", "=", id).execute();
  const [before, after] = [row && held(row), held(account)];
  if (JSON.stringify(before) !== JSON.stringify(after)) {
    const data = { before: before ?? { roles: [], groups: [] }, after };
    await append(context, writing, { kind: "rolesChanged", actorId: id, data });
  }
  return id;
}

/** Returns roles and groups in a fixed order. */
function held(of: { roles: unknown; groups: unknown }): { roles: string[]; groups: string[] } {
  return { roles: listSchema.parse(of.roles).sort(), groups: listSchema.parse(of.groups).sort() };
}

function isAsSeen(row: Row, account: Account): boolean {
  return (
    row.person === (account.person ?? null) &&
    (account.name === undefined || row.name === account.name) &&
    (account.email === undefined || row.email === account.email) &&
    JSON.stringify(held(row)) === JSON.stringify(held(account))
  );
}
