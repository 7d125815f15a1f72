import { z } from "zod";

import { describeError } from "./http/log";
import { MigrationError } from "./records/migrate";
import { databaseUrl } from "./settings/database-url";
import { readEnvironment, SettingsError } from "./settings/read";
import { prepareDatabase } from "./work/prepare";

/**
 * Migrates the database and grants the runtime role its rights. Run it before the processes of a release
 * start; only it gets DATABASE_OWNER_URL.
 */

const environmentSchema = z.object({
  /** The role that owns the tables. */
  DATABASE_OWNER_URL: databaseUrl,
  /** The runtime role, on the same database. */
  DATABASE_URL: databaseUrl,
});

async function main(): Promise<void> {
  const { DATABASE_OWNER_URL: owner, DATABASE_URL: runtime } = readEnvironment(
    environmentSchema,
    process.env,
  );
  const added = await prepareDatabase({ owner, runtime });
  process.stdout.write(
    added.length === 0 ? "The database is up to date.\n" : `Migrations done: ${added.join(", ")}.\n`,
  );
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    // The driver's errors may contain the connection's data.
    const isOurs = error instanceof SettingsError || error instanceof MigrationError;
    const text = isOurs ? error.message : JSON.stringify(describeError(error));
    process.stderr.write(`migrate: ${text}\n`);
    process.exit(1);
  },
);
