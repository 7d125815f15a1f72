import { existsSync } from "node:fs";
import { mkdir, readlink, symlink } from "node:fs/promises";
import path from "node:path";

import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { migrate } from "resistant-tenants-service/records/migrate";
import { installQueue } from "resistant-tenants-service/work/queue";

import { reasonOf, SandboxError } from "../errors";
import type { Log } from "../progress";
import type { Closers } from "../start/closers";
import type { StartFolder } from "./kept-start";
import { startPostgres } from "./postgres";
import { canBeEntered, findServerUser, isOursAlone } from "./postgres-user";

/** The service's database, ready for its two processes. */
export interface LocalDatabase {
  /** Of the runtime's role. */
  readonly url: string;
  /** Of whoever owns the tables; no process of the service gets it. */
  readonly ownerUrl: string;
}

/**
 * Starts the embedded PostgreSQL, or takes the server of `DATABASE_URL`, and makes the service's database there, with a
 * role of its own for the runtime. Without `--data` both go at the end.
 *
 * @throws SandboxError where the server does not answer, or its role may create neither databases nor roles
 */
export async function startDatabase(
  folder: StartFolder,
  { log, closers }: { log: Log; closers: Closers },
): Promise<LocalDatabase> {
  const { isKept, kept } = folder;
  const given = process.env["DATABASE_URL"];
  let serverUrl: string;
  if (given === undefined || given === "") {
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
    const name = escapeIdentifier(database);
    const password = escapeLiteral(databasePassword);
    const role = await client.query("select 1 from pg_roles where rolname = $1", [database]);
    if (role.rowCount === 0) await client.query(`create role ${name} login password ${password}`);
    const there = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (there.rowCount === 0) await client.query(`create database ${name}`);
  });
  if (!isKept && given) closers.add("the database", () => dropDatabase(serverUrl, database));
  await migrate(ownerUrl, database);
  await installQueue(ownerUrl, database);
  const runtime = new URL(ownerUrl);
  runtime.username = database;
  runtime.password = databasePassword;
  return { url: runtime.href, ownerUrl };
}

/** Where root's PostgreSQL, which runs as another user, keeps data of a folder that this user cannot enter. */
const elsewhere = "/var/tmp/resistant-tenants-service";

/**
 * Gives the folder of the kept data. Where the server's user cannot enter it, it is a link to one beside.
 *
 * @throws SandboxError `BAD_CONFIGURATION` where what the link leads to is gone
 */
async function keptFolder({ directory, kept }: StartFolder): Promise<string> {
  const own = path.join(directory, "postgres");
  const link = await readlink(own).catch(() => undefined);
  if (link !== undefined) {
    if (existsSync(path.join(link, "data"))) return link;
    const message = `--data: the database of ${directory} was in ${link}, and is gone: put it back, or begin with an empty folder.`;
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
    const message = `PostgreSQL could not be prepared (${reasonOf(error)}). DATABASE_URL, where set, must name a server of PostgreSQL 15 or later, by a role that may create databases and roles.`;
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
