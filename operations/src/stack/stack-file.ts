import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { parseAsWritten, writeYaml } from "resistant-tenants-stacks/yaml-file";
import { parse } from "yaml";
import { z } from "zod";

/** Returns the path of a stack's file in the folder of its project. */
export function stackFileIn(project: string, stack: string): string {
  return path.join(project, `Pulumi.${stack}.yaml`);
}

/**
 * Writes a stack's file, which only its owner can read.
 *
 * @param others the keys beside its configuration, such as how its secrets are encrypted
 */
export async function writeStackFile(
  file: string,
  others: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeFile(file, writeYaml({ ...others, config }), { mode: 0o600 });
}

/** How a stack's secrets are encrypted: the keys beside `config` in its file. */
export const encryptionSchema = z.object({
  secretsprovider: z.string().optional(),
  encryptedkey: z.string().optional(),
  encryptionsalt: z.string().optional(),
});
/** How a stack's secrets are encrypted. */
export type Encryption = Readonly<z.output<typeof encryptionSchema>>;

/** Reads the encryption of a stack's secrets from its file. */
export async function readEncryption(file: string): Promise<Encryption> {
  // Customers may share settings by any number of aliases, which are not copied here.
  const value: unknown = parse(await readFile(file, "utf8"), { maxAliasCount: -1 });
  return encryptionSchema.parse(value ?? {});
}

/** Returns whether the key exists: a provider that is only named has none yet. */
export function hasKey(encryption: Encryption): boolean {
  return encryption.encryptionsalt !== undefined || encryption.encryptedkey !== undefined;
}

/** Writes the encryption of all of a stage's stacks to the stage's file, and preserves everything else. */
export async function writeEncryption(file: string, encryption: Encryption): Promise<void> {
  const document = parseAsWritten(await readFile(file, "utf8"));
  for (const [key, value] of Object.entries(encryption)) document.set(key, value);
  await writeFile(file, document.toString());
}

/** Creates an empty folder that only its owner can read, in which an engine works on one stack. */
export async function makeAnew(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
}
