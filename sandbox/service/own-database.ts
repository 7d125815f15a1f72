import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { SettingsError } from "resistant-tenants-service/settings/read";
import { type DatabaseUrls, prepareDatabase } from "resistant-tenants-service/work/prepare";

import { reasonOf, SandboxError } from "../errors";
import type { Log } from "../progress";
import type { Closers } from "../start/closers";
import type { StartFolder } from "./kept-start";

/** The service's database, ready for its two processes. */
export interface LocalDatabase {
  /** The runtime role's URL. */
  readonly url: string;
  /** The URL of the role that owns the tables; no process of the service gets it. */
  readonly ownerUrl: string;
}

/**
 * Uses a person's own database, by its owner (`DATABASE_OWNER_URL`) and a role that owns nothing
 * (`DATABASE_URL`). A start needs an empty one, and without `--data` leaves it empty; with `--data` it
 * continues with the database that belongs to the folder, and with no other.
 *
 * @throws SandboxError `BAD_CONFIGURATION` if it is not empty, or another folder's; `PREREQUISITE_MISSING` if
 * it does not respond
 * @throws SettingsError if the server is too old, or the runtime role owns something
 */
export async function takeDatabase(
  { isKept, isResumed, kept }: StartFolder,
  urls: DatabaseUrls,
  closers: Closers,
  log: Log,
): Promise<LocalDatabase> {
  if (urls.runtime === "")
    throw new SandboxError(
      "BAD_CONFIGURATION",
      "DATABASE_OWNER_URL is set, and DATABASE_URL is not: set it to a role that owns nothing, on the same database.",
    );
  try {
    const found = await asOwner(urls.owner, markOf);
    if (isResumed ? found !== kept.database : found !== undefined)
      throw new SandboxError(
        "BAD_CONFIGURATION",
        isResumed
          ? "--data: the database of DATABASE_URL is not the one that belongs to this folder. Nothing was changed: name that database, or begin with an empty folder and an empty database."
          : "The database of DATABASE_URL is not empty, and each start begins empty. Nothing was changed: name an empty database, or the folder of the start that wrote it with --data.",
      );
    const others = await asOwner(urls.owner, functionsOf);
    if (!isKept)
      closers.add("what is in the database", () => asOwner(urls.owner, (owner) => empty(owner, others)));
    await prepareDatabase(urls);
    await asOwner(urls.owner, (owner) =>
      owner.query(`comment on table schema_versions is ${escapeLiteral(kept.database)}`),
    );
  } catch (error) {
    if (error instanceof SandboxError || error instanceof SettingsError) throw error;
    throw new SandboxError(
      "PREREQUISITE_MISSING",
      `The database of DATABASE_OWNER_URL could not be prepared (${reasonOf(error)}). It must be a database of PostgreSQL 15 or later, by a role that may create tables and schemas in it; best whoever owns it.`,
      { cause: error },
    );
  }
  log("PostgreSQL: the database of DATABASE_URL.");
  return { url: urls.runtime, ownerUrl: urls.owner };
}

/** Returns the start to which a database belongs; undefined if it is empty. */
async function markOf(owner: Client): Promise<string | undefined> {
  const { rows } = await owner.query<{ relname: string; mark: string | null }>(
    `select relname, obj_description(pg_class.oid, 'pg_class') as mark
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('public', 'pgboss') order by relname <> 'schema_versions'`,
  );
  const [first] = rows;
  return first === undefined ? undefined : (first.mark ?? "somebody else's");
}

/** Functions do not count: they may be the owner's. */
async function functionsOf(owner: Client): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    "select proname as name from pg_proc where pronamespace = 'public'::regnamespace",
  );
  return rows.map(({ name }) => name);
}

/** Drops what a start has created: there was no table before. */
async function empty(owner: Client, others: readonly string[]): Promise<void> {
  await owner.query("drop schema if exists pgboss cascade");
  const { rows } = await owner.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
  );
  for (const { name } of rows)
    await owner.query(`drop table if exists public.${escapeIdentifier(name)} cascade`);
  const made = (await functionsOf(owner)).filter((name) => !others.includes(name));
  for (const name of made)
    await owner.query(`drop function if exists public.${escapeIdentifier(name)} cascade`);
}

async function asOwner<T>(url: string, work: (owner: Client) => Promise<T>): Promise<T> {
  const owner = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  owner.on("error", () => undefined);
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}
