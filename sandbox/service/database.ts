import { existsSync } from "node:fs";
import { mkdir, readlink, symlink } from "node:fs/promises";
import path from "node:path";

import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { checkDatabase } from "resistant-tenants-service/records/database";
import { SettingsError } from "resistant-tenants-service/settings/read";
import { prepareDatabase } from "resistant-tenants-service/work/prepare";

import { reasonOf, SandboxError } from "../errors";
import type { Log } from "../progress";
import type { Closers } from "../start/closers";
import type { StartFolder } from "./kept-start";
import { type LocalDatabase, takeDatabase } from "./own-database";
import { startPostgres } from "./postgres";
import { canBeEntered, findServerUser, isOursAlone } from "./postgres-user";

/**
 * Starts the embedded PostgreSQL, or uses the server of `DATABASE_URL`, and creates the service's database
 * there, with a separate runtime role. With `DATABASE_OWNER_URL`, too, both roles and the database must
 * exist, and are used as they are. Without `--data` nothing of it is left at the end.
 *
 * @throws SandboxError if the server does not respond, or its role may create neither databases nor roles
 * @throws SettingsError if the server is too old, or the runtime role owns something
 */
export async function startDatabase(
  folder: StartFolder,
  { log, closers }: { log: Log; closers: Closers },
): Promise<LocalDatabase> {
  const { isKept, kept } = folder;
  const [given, givenOwner] = ["DATABASE_URL", "DATABASE_OWNER_URL"].map((name) => process.env[name] ?? "");
  if (givenOwner)
    return await takeDatabase(folder, { runtime: given ?? "", owner: givenOwner }, closers, log);
  let serverUrl: string;
  if (!given) {
    const postgres = await startPostgres(isKept ? { folder: await keptFolder(folder) } : {});
    closers.add("PostgreSQL", postgres.close);
    serverUrl = postgres.urlOf();
    log(`PostgreSQL: embedded, on port ${postgres.port}.`);
  } else {
    serverUrl = given;
    log(`PostgreSQL: the server of DATABASE_URL, in a database of its own (${kept.database}).`);
  }
  const { database, databasePassword } = kept;
  const ownerUrl = withDatabase(serverUrl, database);
  await onServer(serverUrl, async (client) => {
    await checkDatabase(serverUrl);
    const name = escapeIdentifier(database);
    const password = escapeLiteral(databasePassword);
    const role = await client.query("select 1 from pg_roles where rolname = $1", [database]);
    if (role.rowCount === 0) await client.query(`create role ${name} login password ${password}`);
    const there = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (there.rowCount === 0) await client.query(`create database ${name}`);
  });
  if (!isKept && given) closers.add("the database", () => dropDatabase(serverUrl, database));
  const runtime = new URL(ownerUrl);
  runtime.username = database;
  runtime.password = databasePassword;
  await prepareDatabase({ owner: ownerUrl, runtime: runtime.href });
  return { url: runtime.href, ownerUrl };
}

/** The place of the data if PostgreSQL, which for root runs as another user, cannot enter the given folder. */
const elsewhere = "/var/tmp/resistant-tenants-service";

/**
 * Returns the folder of the stored data. If the server's user cannot enter it, it is a link to another one.
 *
 * @throws SandboxError `BAD_CONFIGURATION` if the link's target is gone
 */
async function keptFolder({ directory, kept }: StartFolder): Promise<string> {
  const own = path.join(directory, "postgres");
  const link = await readlink(own).catch(() => undefined);
  if (link !== undefined) {
    if (existsSync(path.join(link, "data"))) return link;
    const message = `--data: the database of ${directory} was in ${link}, and is missing: restore it, or start with an empty folder.`;
    throw new SandboxError("BAD_CONFIGURATION", message);
  }
  const user = await findServerUser();
  if (user === undefined || (await canBeEntered(directory, user))) return own;
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  if (!(await isOursAlone(elsewhere)))
    throw new SandboxError(
      "BAD_CONFIGURATION",
      `--data: others can write to ${elsewhere}: name a folder that all users can enter.`,
    );
  const other = path.join(elsewhere, kept.database);
  await mkdir(other, { mode: 0o755 });
  await symlink(other, own);
  return other;
}

async function dropDatabase(serverUrl: string, database: string): Promise<void> {
  await onServer(serverUrl, async (client) => {
    const name = escapeIdentifier(database);
    await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`drop role if exists ${name}`);
  });
}

async function onServer(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await work(client);
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    const message = `PostgreSQL could not be prepared (${reasonOf(error)}). DATABASE_URL, if set, must name a PostgreSQL server, 15 or later, with a role that may create databases and roles; or name a database with DATABASE_OWNER_URL, whoever owns it, and DATABASE_URL, a role that owns nothing.`;
    throw new SandboxError("PREREQUISITE_MISSING", message, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
