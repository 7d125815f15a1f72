import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { Client, escapeIdentifier } from "pg";

import { checkDatabase } from "./database";
import { grantsTo } from "./rights";

/** In the sources, so that compiled and uncompiled code finds it at the same place. */
const folder = path.resolve(__dirname, "../../src/records/migrations");

/** Thrown if this release cannot migrate the database. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

interface Migration {
  version: number;
  hash: string;
  sql: string;
}

/**
 * Migrates the tables, forward only, in one transaction, and grants the runtime role its rights.
 *
 * @param ownerUrl - `DATABASE_OWNER_URL`, of the role that owns the tables
 * @param runtimeRole - The role of `DATABASE_URL`, which must exist. It gets the rights of `rights.ts`, and
 * no others.
 * @param upTo - For tests: the last version to migrate to. Default: all.
 * @returns the versions that were new
 * @throws {@link MigrationError} if the database is of a later release, or an applied migration has changed
 */
export async function migrate(ownerUrl: string, runtimeRole?: string, upTo = Infinity): Promise<number[]> {
  await checkDatabase(ownerUrl);
  const migrations = (await readMigrations()).filter(({ version }) => version <= upTo);
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query("begin");
    // If several start at once, the first migrates and the others find nothing to do.
    await client.query("select pg_advisory_xact_lock(hashtext('migrations'))");
    const added = await addMissing(client, migrations);
    if (runtimeRole !== undefined) await grant(client, runtimeRole);
    await client.query("commit");
    return added;
  } finally {
    await client.end();
  }
}

/** Returns the role in a database URL. */
export function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

async function addMissing(client: Client, migrations: readonly Migration[]): Promise<number[]> {
  await client.query(
    "create table if not exists schema_versions (version int primary key, hash text not null, at timestamptz not null default now())",
  );
  const { rows: done } = await client.query<{ version: number; hash: string }>(
    "select version, hash from schema_versions order by version",
  );
  for (const { version, hash } of done) {
    const known = migrations.find((migration) => migration.version === version);
    if (known === undefined)
      throw new MigrationError(
        `The database has version ${version}, which this release does not know: use the release that wrote it, or a later one.`,
      );
    if (known.hash !== hash)
      throw new MigrationError(
        `Migration ${version} differs from the one that the database was created with: restore the released file, and write a new migration.`,
      );
  }
  const missing = migrations.filter(({ version }) => !done.some((row) => row.version === version));
  for (const { version, hash, sql } of missing) {
    await client.query(sql);
    await client.query("insert into schema_versions (version, hash) values ($1, $2)", [version, hash]);
  }
  return missing.map(({ version }) => version);
}

async function grant(client: Client, role: string): Promise<void> {
  const { rows } = await client.query<{ owner: string }>("select current_user as owner");
  // A single role for both keeps its rights as the owner: only the triggers restrict it.
  if (rows[0]?.owner === role) return;
  for (const statement of grantsTo(escapeIdentifier(role))) await client.query(statement);
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(path.join(folder, name), "utf8");
      const hash = createHash("sha256").update(sql).digest("hex");
      return { version: Number.parseInt(name, 10), hash, sql };
    }),
  );
}
