import { randomUUID } from "node:crypto";

import type { Selectable } from "kysely";
import { z } from "zod";

import { append } from "../audit/chain";
import type { ServiceContext, Writing } from "../context";
import { write } from "../records/database";
import type { PeopleTable } from "../records/schema";
import type { Account } from "./account";
import { type Person, roles } from "./person";

const listSchema = z.array(z.string());
const rolesSchema = z.array(z.enum(roles));

/** So long `seen_at` may lag behind, in milliseconds: not every call writes. */
const seenAgainMs = 60_000;

type Row = Selectable<PeopleTable>;

/**
 * Keeps the table of people as the issuer says it is now, and gives the person. A role or a group that was given or taken
 * is an event.
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
    return { ...account, id: row.id };
  const id = await write(context, (writing) => update(context, writing, account));
  return { ...account, id };
}

/** Reads a person back, with the roles of the last time that the issuer was heard. */
export async function readPerson(
  { database }: Pick<ServiceContext, "database">,
  id: string,
  authenticatedAt: Date | undefined,
): Promise<Person | undefined> {
  const row = await database.selectFrom("people").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    issuer: row.issuer,
    subject: row.subject,
    person: row.person ?? undefined,
    name: row.name ?? undefined,
    email: row.email ?? undefined,
    roles: rolesSchema.parse(row.roles),
    groups: listSchema.parse(row.groups),
    authenticatedAt,
  };
}

async function update(context: ServiceContext, writing: Writing, account: Account): Promise<string> {
  const { issuer, subject } = account;
  const values = {
    person: account.person ?? null,
    name: account.name ?? null,
    email: account.email ?? null,
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

/** What somebody may do, in an order of its own. */
function held(of: { roles: unknown; groups: unknown }): { roles: string[]; groups: string[] } {
  return { roles: listSchema.parse(of.roles).sort(), groups: listSchema.parse(of.groups).sort() };
}

function isAsSeen(row: Row, account: Account): boolean {
  return (
    row.person === (account.person ?? null) &&
    row.name === (account.name ?? null) &&
    row.email === (account.email ?? null) &&
    JSON.stringify(held(row)) === JSON.stringify(held(account))
  );
}
