import { readFile } from "node:fs/promises";

import { messageOf } from "pulumi-resistant-tenants/client";
import { projectFileIn } from "pulumi-resistant-tenants/internal/project-file";
import { keyOfEngine } from "resistant-tenants-stacks/key-forms";
import type { YamlFile } from "resistant-tenants-stacks/yaml-file";
import type { Document } from "yaml";
import { z } from "zod";

import { UsageError } from "../usage";

/** A stack's configuration file, `Pulumi.<stack>.yaml`. */
export interface ConfigurationFile {
  /** Its path, as given. */
  file: string;
  /** The document with its comments, to be written back. */
  document: Document;
  /** The values by key, such as `tenants:customers`. */
  values: ReadonlyMap<string, unknown>;
  /** The values beside `config`: how secrets are encrypted, … */
  others: ReadonlyMap<string, unknown>;
  /** The file as YAML: how its values are written. */
  written: YamlFile;
}

const fileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()).nullish() });

/**
 * Reads a stack's configuration file as the engine does, but without the engine.
 *
 * @throws {@link UsageError} if the file does not exist
 * @throws if it is not a configuration
 */
export async function readConfigurationFile(file: string): Promise<ConfigurationFile> {
  const { readYaml } = await import("resistant-tenants-stacks/yaml-file");
  const written = readYaml(await read(file), file);
  const { document, value } = written;
  const parsed = fileSchema.safeParse(value ?? {});
  if (!parsed.success) {
    throw new Error(
      `${file} is not a stack configuration: it must be a map, and so must its \`config\` (tenants:stage: …)`,
      { cause: parsed.error },
    );
  }
  const { config, ...others } = parsed.data;
  return {
    file,
    document,
    values: new Map(Object.entries(config ?? {}).map(([key, each]) => [keyOfEngine(key), each] as const)),
    others: new Map(Object.entries(others)),
    written,
  };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

const projectSchema = z.looseObject({
  name: z.string(),
  // As text, it is the former name of `stackConfigDir`.
  config: z.union([z.record(z.string(), z.unknown()), z.string().transform(() => undefined)]).nullish(),
});

const projectValueSchema = z.looseObject({ value: z.unknown(), default: z.unknown() }).partial();

/**
 * Returns the values of a stack: those of its file, and those that `Pulumi.yaml` gives to every stack of the project and its
 * file does not override.
 *
 * @param values those of the stack's file, by key
 * @param file `Pulumi.yaml`: see {@link readProjectFile}
 * @see {@link https://www.pulumi.com/docs/iac/concepts/projects/project-file/#config-options Pulumi, project
 * file}
 */
export function withProjectValues(
  values: ReadonlyMap<string, unknown>,
  file: YamlFile | undefined,
): ReadonlyMap<string, unknown> {
  const { name, config } = file === undefined ? {} : projectSchema.parse(file.value);
  const withNamespace = (key: string): string => keyOfEngine(key, name);
  return new Map([
    ...Object.entries(config ?? {}).flatMap(([key, given]) => {
      const value = projectValue(given);
      return value === undefined ? [] : [[withNamespace(key), value] as const];
    }),
    ...[...values].map(([key, value]) => [withNamespace(key), value] as const),
  ]);
}

/**
 * Reads the project's file as the engine does.
 *
 * @param folder the folder that may contain it
 * @returns Resolves with undefined if it does not.
 */
export async function readProjectFile(folder: string): Promise<YamlFile | undefined> {
  const file = projectFileIn(folder);
  if (file === undefined) return undefined;
  const { readYaml } = await import("resistant-tenants-stacks/yaml-file");
  return readYaml(await read(file), file);
}

/** `{value: …}`, `{default: …}` with a type, or the value itself. */
function projectValue(given: unknown): unknown {
  if (Array.isArray(given)) return given;
  const parsed = projectValueSchema.safeParse(given);
  return parsed.success ? (parsed.data.value ?? parsed.data.default) : given;
}

/**
 * Returns whether the engine would decrypt a value or a part of it: a map of `secure: <ciphertext>` alone. Beside other
 * keys it is plain.
 */
export function holdsSecret(value: unknown): boolean {
  return someMap(value, isSecret);
}

/** What encryption adds to a text (AES-GCM), in bytes; the result is in base64. */
const bytesOfEncryption = 16;

/** Replaces what the engine would decrypt by text of about the same length, so that a configuration's size is known. */
export function withLengthsOfSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) {
    // `v1:<nonce>:<ciphertext>`
    const bytes = Buffer.byteLength(value.secure.split(":").at(-1) ?? "", "base64") - bytesOfEncryption;
    return "x".repeat(Math.max(0, bytes));
  }
  if (Array.isArray(value)) return value.map(withLengthsOfSecrets);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withLengthsOfSecrets(inner)] as const),
  );
}

function isSecret(map: object): map is { secure: string } {
  return typeof (map as { secure?: unknown }).secure === "string" && Object.keys(map).length === 1;
}

/** Returns whether a value or a part of it has a key `secure`, also where the present engine would not decrypt it. */
export function namesSecure(value: unknown): boolean {
  return someMap(value, (map) => Object.hasOwn(map, "secure"));
}

function someMap(value: unknown, found: (map: object) => boolean): boolean {
  if (typeof value !== "object" || value === null) return false;
  return found(value) || Object.values(value).some((inner) => someMap(inner, found));
}
