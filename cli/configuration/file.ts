import { readFile } from "node:fs/promises";
import { messageOf } from "pulumi-resistant-tenants/client";
import { type Document, parseDocument } from "yaml";
import { z } from "zod";

import { UsageError } from "../exit-codes";

/** A stack's configuration file, `Pulumi.<stack>.yaml`. */
export interface ConfigurationFile {
  /** With its comments, as it is written back. */
  document: Document;
  /** The values by key, such as `tenants:customers`. */
  values: ReadonlyMap<string, unknown>;
  /** What stands beside `config`: how secrets are encrypted, … */
  others: ReadonlyMap<string, unknown>;
}

const fileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()).nullish() });

/**
 * Reads a stack's configuration file without the engine.
 *
 * @throws {@link UsageError} where there is no such file
 * @throws where it is no configuration
 */
export async function readConfigurationFile(file: string): Promise<ConfigurationFile> {
  const document: Document = parseDocument(await read(file));
  const [problem] = document.errors;
  if (problem !== undefined) throw new Error(`${file} is no YAML: ${problem.message}`, { cause: problem });
  const { config, ...others } = toPlain(document, file);
  return { document, values: new Map(Object.entries(config ?? {})), others: new Map(Object.entries(others)) };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Resolves anchors as well; a file that repeats them without end is refused. */
function toPlain(document: Document, file: string): z.output<typeof fileSchema> {
  try {
    return fileSchema.parse(document.toJS({ maxAliasCount: 100 }) ?? {});
  } catch (error) {
    throw new Error(`${file} is no stack configuration: ${messageOf(error)}`, { cause: error });
  }
}

/** Tells whether the engine would decrypt a value, or a part of it: somewhere in it stands `secure: <ciphertext>`. */
export function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Object.hasOwn(value, "secure")) return true;
  return Object.values(value).some(holdsSecret);
}
