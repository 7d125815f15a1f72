import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { Client, escapeIdentifier } from "pg";

import { checkDatabase } from "./database";
import { grantsTo } from "./rights";

/** Beside the sources: what is compiled and what is not find it at the same place. */
const folder = path.resolve(__dirname, "../../src/records/migrations");

/** Is thrown where the database is not one that this release can bring up to date. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

interface Migration {
  version: number;
  hash: string;
  sql: string;
}

/**
 * Brings the tables up to date, forward only, in one transaction, and gives the runtime's role its rights.
 *
 * @param ownerUrl - `DATABASE_OWNER_URL`: whoever owns the tables
 * @param runtimeRole - The role of `DATABASE_URL`; it is there already. It gets the rights of `rights.ts`, and no others.
 * @param upTo - For tests: the last version to go to. Default: all.
 * @returns the versions that were new
 * @throws {@link MigrationError} where the database is of a later release, or a migration is not what was run
 */
export async function migrate(ownerUrl: string, runtimeRole?: string, upTo = Infinity): Promise<number[]> {
  await checkDatabase(ownerUrl);
  const migrations = (await readMigrations()).filter(({ version }) => version <= upTo);
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query("begin");
    // Of several that start at once, the first does it and the others find it done.
    await client.query("select pg_advisory_xact_lock(hashtext('migrations'))");
    const added = await addMissing(client, migrations);
    if (runtimeRole !== undefined) await grant(client, runtimeRole);
    await client.query("commit");
    return added;
  } finally {
    await client.end();
  }
}

/** Gives the role that a database URL names. */
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
        `The database is of version ${version}, which this release does not know: use the release that wrote it, or a later one.`,
      );
    if (known.hash !== hash)
      throw new MigrationError(
        `Migration ${version} is not what the database was made with: put the released file back, and write a new migration.`,
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
  // One role for both keeps its rights as the owner: the triggers alone stand in its way.
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
