import { checkDatabase, checkRuntimeRole } from "../records/database";
import { migrate } from "../records/migrate";
import { installQueue } from "./queue";

/** The URLs of the two roles of the service's database. */
export interface DatabaseUrls {
  /** `DATABASE_OWNER_URL`, of the role that owns the tables. */
  owner: string;
  /** `DATABASE_URL`, of the runtime role, which owns nothing. */
  runtime: string;
}

/**
 * Migrates a database: the tables, the queue, and the rights of the runtime role.
 *
 * @returns the versions that were new
 * @throws `SettingsError` if the server is too old, or the runtime role owns something; `MigrationError`
 */
export async function prepareDatabase({ owner, runtime }: DatabaseUrls): Promise<number[]> {
  await checkDatabase(owner);
  const role = await checkRuntimeRole(runtime, false);
  const added = await migrate(owner, role);
  await installQueue(owner, role);
  await checkRuntimeRole(runtime);
  return added;
}
