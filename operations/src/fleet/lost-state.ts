import path from "node:path";

import { holdsNothing } from "./decide";
import type { Fleet } from "./fleet";

/**
 * Finds what a stack without a state had, by the engine's backup. The engine deletes a state before it writes it with
 * another compression; a stack that began anew after a kill in between would overwrite the backup.
 *
 * @returns what to do; undefined if the backup holds nothing, or only what other stacks of the project hold, because
 *   the stack was renamed
 */
export async function findLostState(
  { states, readProject }: Pick<Fleet, "states" | "readProject">,
  stack: string,
): Promise<string | undefined> {
  const backup = await states.readBackup(stack);
  if (backup === undefined || holdsNothing(backup)) return undefined;
  const { file, held } = backup;
  const elsewhere = new Set(
    [...(await readProject()).values()].flatMap((state) =>
      state.held.tenants.map(({ tenantId }) => tenantId),
    ),
  );
  const lost = held.tenants.filter(({ tenantId }) => !elsewhere.has(tenantId));
  if (held.tenants.length > 0 && lost.length === 0) return undefined;
  return (
    `The backend has no state of ${stack}, but a backup of one, and no other stack holds what is in it (tenants: ${lost.length}, pending operations: ${held.pending.length}): ${file}. ` +
    "A run was killed while the engine changed the state's compression, or the stack was removed by force. " +
    `Nothing was changed. Rename the backup to ${path.basename(file, ".bak")}, and run the command again; or, if the stack is to begin anew, delete it.`
  );
}
