import { readFile, writeFile } from "node:fs/promises";

import { parse, parseDocument } from "yaml";
import { z } from "zod";

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
  return encryptionSchema.parse(parse(await readFile(file, "utf8")) ?? {});
}

/** Returns whether the key exists: a provider that is only named has none yet. */
export function hasKey(encryption: Encryption): boolean {
  return encryption.encryptionsalt !== undefined || encryption.encryptedkey !== undefined;
}

/** Writes the encryption of all of a stage's stacks to the stage's file, and preserves everything else. */
export async function writeEncryption(file: string, encryption: Encryption): Promise<void> {
  const document = parseDocument(await readFile(file, "utf8"));
  for (const [key, value] of Object.entries(encryption)) document.set(key, value);
  await writeFile(file, document.toString());
}
