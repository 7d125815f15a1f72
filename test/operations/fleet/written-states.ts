import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";

import { openStates, type States } from "../../../operations/src/fleet/states";
import { openBackendFiles } from "../../../operations/src/stack/backend-files";
import { pulumiFor } from "../../../operations/src/stack/pulumi";

/*
 * States of the project `tenants`, as the engine writes them into a backend.
 */

/** Writes the file of a state into a backend's folder. */
export async function writeState(
  folder: string,
  file: string,
  state: object,
  pack: Compression["pack"] = plain.pack,
): Promise<void> {
  const stacks = path.join(folder, ".pulumi/stacks/tenants");
  await mkdir(stacks, { recursive: true });
  await writeFile(
    path.join(stacks, file),
    pack(JSON.stringify({ version: 3, checkpoint: { latest: state } })),
  );
}

/** Opens the states in a backend's folder. */
export async function statesIn(folder: string): Promise<States> {
  const files = await openBackendFiles(`file://${folder}?metadata=skip`, {});
  return openStates("tenants", files, pulumiFor(undefined, folder, {}));
}

/** How the engine compresses its files. */
export interface Compression {
  ending: string;
  pack: (text: string) => string | Buffer;
}

export const plain: Compression = { ending: "", pack: (text) => text };
export const compressions: Compression[] = [
  { ending: ".gz", pack: (text) => gzipSync(text) },
  { ending: ".zst", pack: (text) => zstdCompressSync(text) },
];

/** The resource that each stack has. */
export const stackResource = {
  urn: "urn:pulumi:prod-0::tenants::pulumi:pulumi:Stack::tenants-prod-0",
  type: "pulumi:pulumi:Stack",
};
