import { Kysely, PostgresDialect } from "kysely";
import { DatabaseError, Pool } from "pg";

import type { ServiceContext, Writing } from "../context";
import type { Schema } from "./schema";

/** Oldest release of PostgreSQL that is supported: `server_version_num`. */
const oldestVersion = 150_000;

/**
 * Opens the database. Nothing is connected before the first query; `destroy()` closes it.
 *
 * @param url - `DATABASE_URL`, of the runtime's role
 * @param connections - At most so many at once. Default: 10.
 */
export function openDatabase(url: string, connections = 10): Kysely<Schema> {
  const pool = new Pool({ connectionString: url, max: connections, application_name: "resistant-tenants" });
  // A connection that breaks while nobody uses it is replaced by the next query.
  pool.on("error", () => undefined);
  // One that breaks in the middle of a transaction fails its next query: without a listener, it would end the process.
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
  });
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** Two transactions that wait for each other: PostgreSQL ends one, which is then done again. */
const worthAnotherTry = ["40P01", "40001"];
const attempts = 5;

/**
 * Does something in a transaction.
 *
 * @param work - May be called again, where the database ended the transaction to let another one go on.
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

/** Tells whether an error is a constraint's of this name. */
export function isConstraint(error: unknown, ...names: string[]): boolean {
  return error instanceof DatabaseError && names.includes(error.constraint ?? "");
}

/**
 * Checks that the database can be used.
 *
 * @throws where it does not answer, or is too old
 */
export async function checkDatabase(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1 });
  try {
    const { rows } = await pool.query<{ version: string }>(
      "select current_setting('server_version_num') as version",
    );
    if (Number(rows[0]?.version) < oldestVersion)
      throw new Error("The service needs PostgreSQL 15 or later: DATABASE_URL names an older one.");
  } finally {
    await pool.end();
  }
}
