import { Kysely, PostgresDialect } from "kysely";
import { Client, DatabaseError, Pool } from "pg";

import type { ServiceContext } from "../context";
import { SettingsError } from "../settings/read";
import type { Schema, Writing } from "./schema";

/** The oldest supported release of PostgreSQL: `server_version_num`. */
const oldestVersion = 150_000;

/**
 * Opens the database. It connects with the first query; `destroy()` closes it.
 *
 * @param url - `DATABASE_URL`, of the runtime role
 * @param connections - The most connections at once. Default: 10.
 */
export function openDatabase(url: string, connections = 10): Kysely<Schema> {
  const pool = new Pool({ connectionString: url, max: connections, application_name: "resistant-tenants" });
  // An idle connection that breaks is replaced by the next query.
  pool.on("error", () => undefined);
  // A connection that breaks in a transaction fails its next query; without a listener it would end the
  // process.
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
  });
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** Errors of transactions that PostgreSQL ended because of others; they are repeated. */
const worthAnotherTry = ["40P01", "40001"];
const attempts = 5;

/**
 * Runs a function in a transaction.
 *
 * @param work - Called again if the database ended the transaction in favour of another one.
 */
export async function write<T>(
  { database }: Pick<ServiceContext, "database">,
  work: (writing: Writing) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction().execute(work);
    } catch (error) {
      const isWorthIt = error instanceof DatabaseError && worthAnotherTry.includes(error.code ?? "");
      if (!isWorthIt || attempt === attempts) throw error;
    }
  }
}

/** Returns whether an error was caused by one of these constraints. */
export function isConstraint(error: unknown, ...names: string[]): boolean {
  return error instanceof DatabaseError && names.includes(error.constraint ?? "");
}

/**
 * Checks that the server can be used.
 *
 * @throws {@link SettingsError} if it is too old; the driver's error if it does not respond
 */
export async function checkDatabase(url: string): Promise<void> {
  const found = await ask<{ version: string }>(
    url,
    "select current_setting('server_version_num') as version, current_setting('server_version') as name",
  );
  if (Number(found.version) >= oldestVersion) return;
  throw new SettingsError(
    `The service needs PostgreSQL 15 or later, and the server of the database's URL is ${found.name}: name a newer server.`,
  );
}

/** Reads the rights of the current role. A superuser is a member of every role. */
const roleQuery = `
  select current_user as role,
    (select rolsuper or rolcreaterole or rolbypassrls from pg_roles where rolname = current_user)
      or (select pg_has_role(current_user, datdba, 'member') from pg_database where datname = current_database())
      or exists (
        select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in ('public', 'pgboss') and pg_has_role(current_user, relowner, 'member')
      )
      or exists (
        select from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
        where nspname in ('public', 'pgboss') and pg_has_role(current_user, proowner, 'member')
      ) as is_owner,
    (select count(*) from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = 'public' and relname in ('schema_versions', 'events', 'approvals')) = 3 as is_migrated,
    coalesce((
      select bool_or(has_table_privilege(current_user, pg_class.oid, 'update, delete, truncate, trigger')
        or has_any_column_privilege(current_user, pg_class.oid, 'update'))
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = 'public' and relname in ('events', 'approvals')
    ), false) as may_change
`;

/**
 * Checks that the runtime role owns nothing and cannot change the record: otherwise it could rewrite the
 * record and grant itself every right.
 *
 * @param url - `DATABASE_URL`
 * @param areTablesThere - Whether the tables must exist, with the rights of `rights.ts`. Default: true.
 * @returns the role
 * @throws {@link SettingsError} with what to do
 */
export async function checkRuntimeRole(url: string, areTablesThere = true): Promise<string> {
  const { role, is_owner, is_migrated, may_change } = await ask<{
    role: string;
    is_owner: boolean;
    is_migrated: boolean;
    may_change: boolean;
  }>(url, roleQuery);
  if (is_owner)
    throw new SettingsError(
      `DATABASE_URL names the role ${role}, which owns the service's database or its tables, or may take such a role: the record would be no proof of anything. Create a role that owns nothing ("create role … login password …"), name it in DATABASE_URL, and the owner's in DATABASE_OWNER_URL, for migrations alone.`,
    );
  if (!areTablesThere) return role;
  if (!is_migrated)
    throw new SettingsError(
      "The database of DATABASE_URL does not have the service's tables. Run the migrations with DATABASE_OWNER_URL and DATABASE_URL set: node service/dist/migrate.js.",
    );
  if (may_change)
    throw new SettingsError(
      `DATABASE_URL names the role ${role}, which may change events or approvals: it must only add to them. Revoke what was granted to it or to its roles, and run the migrations again: node service/dist/migrate.js.`,
    );
  return role;
}

async function ask<Row>(url: string, query: string): Promise<Row & { name: string }> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Row & { name: string }>(query);
    const [row] = rows;
    if (row === undefined) throw new Error("The database returned no row.");
    return row;
  } finally {
    await client.end();
  }
}
