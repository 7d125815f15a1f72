import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { stringify } from "yaml";

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
  const text = stringify({ ...others, config }, { aliasDuplicateObjects: false });
  await writeFile(file, text, { mode: 0o600 });
}

/** Creates an empty folder that only its owner can read, in which an engine works on one stack. */
export async function makeAnew(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
}
