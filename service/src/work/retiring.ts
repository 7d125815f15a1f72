import { toCredentials } from "resistant-tenants-operations/credentials";

import type { RetiringGeneration } from "../customers/save-applied";
import type { StartingState } from "../plan/starting-state";
import { type Entry, readEntry, type StageSettings } from "../requests/entry";

/**
 * Finds the generations of a customer's credentials in a state that have a successor, and when they will be
 * deleted.
 */
export async function retiringIn(
  stage: string,
  settings: StageSettings | undefined,
  entry: Entry,
  { resources }: Pick<StartingState, "resources">,
  now: Date,
): Promise<RetiringGeneration[]> {
  const read = settings === undefined ? undefined : readEntry(stage, settings, entry);
  if (read === undefined || !("customer" in read)) return [];
  const credentials = await toCredentials([read.customer], resources, now.getTime());
  return credentials.flatMap(({ cell, purpose, retiring }) =>
    retiring.map(({ generation, clientId, until }) => ({ cell, purpose, generation, clientId, until })),
  );
}
