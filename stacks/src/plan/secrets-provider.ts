import { readFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { readYaml } from "../configuration/yaml-file";

const fileSchema = z.looseObject({ secretsprovider: z.string().default("default") });

/**
 * Reads how the secrets of a stack are encrypted: the engine tells no program.
 *
 * @param file the stack's file: `Pulumi.prod.yaml`
 * @returns `default` for none; undefined where there is no such file, or none that can be read
 */
export async function readSecretsProvider(file: string): Promise<string | undefined> {
  try {
    const { value } = readYaml(await readFile(file, "utf8"), path.basename(file));
    return fileSchema.parse(value ?? {}).secretsprovider;
  } catch {
    // The engine has read the file before, and says itself what is wrong with it.
    return undefined;
  }
}
