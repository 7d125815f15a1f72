import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { readYaml, type YamlFile } from "./yaml-file";

/**
 * The engine passes the whole configuration to the program as one variable of its environment, which Linux limits to 128
 * KiB: beyond that no command that runs the program starts.
 */
const largestConfigurationBytes = 131_000;

/** Where it is time to say so. */
const largeConfigurationBytes = 100_000;

/**
 * Finds the folder of `Pulumi.yaml`, from the folder of a program upwards.
 *
 * @throws `Error` where there is none
 */
export function projectFolder(from: string): string {
  if (existsSync(path.join(from, "Pulumi.yaml"))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new Error("No Pulumi.yaml was found: run the command in the project's folder.");
  return projectFolder(parent);
}

/**
 * Makes what says where an entry of `tenants:customers` stands in the stack's file. The file is read when it is first
 * asked, and the entry must be there under its name: another file may have been given by `--config-file`.
 *
 * @param file the stack's file: `Pulumi.prod.yaml`
 */
export function customerLocator(file: string): (index: number, name: unknown) => string | undefined {
  let read: YamlFile | undefined | "unreadable";
  return (index, name) => {
    read ??= readIfThere(file) ?? "unreadable";
    if (read === "unreadable") return undefined;
    const entry = ["config", "tenants:customers", index];
    const line = read.lineOf(entry);
    const found = (read.value as { config?: Record<string, unknown> } | null)?.config?.["tenants:customers"];
    const isThere = Array.isArray(found) && (found[index] as { name?: unknown } | null)?.name === name;
    return line === undefined || !isThere ? undefined : `${path.basename(file)} line ${line}`;
  };
}

function readIfThere(file: string): YamlFile | undefined {
  try {
    return readYaml(readFileSync(file, "utf8"), path.basename(file));
  } catch {
    // The place is an addition to a message: what is wrong is reported without it.
    return undefined;
  }
}

/** Go's JSON escapes what HTML gives a meaning: six bytes for one. */
function asEngineWrites(values: Readonly<Record<string, string>>): string {
  return JSON.stringify(values).replaceAll(/[<>&\u2028\u2029]/g, "\\u0000");
}

/**
 * Says that a configuration comes near the size that the engine can pass to a program, or is beyond it.
 *
 * @param values the whole configuration, by key with its namespace, as text
 * @returns undefined where it is well below
 */
export function sizeWarning(values: Readonly<Record<string, string>>): string | undefined {
  const bytes = Buffer.byteLength(asEngineWrites(values));
  if (bytes < largeConfigurationBytes) return undefined;
  const size = `The stack's configuration has ${Math.round(bytes / 1024)} KiB`;
  const remedy =
    "Move customers to files of their own: `tenants:customersFrom: customers/*.yaml` (docs/configuration.md)";
  return bytes < largestConfigurationBytes
    ? `${size}; the engine can pass 128 KiB to the program, and then no command starts any more. ${remedy}.`
    : `${size}, and the engine can pass 128 KiB to the program: no command that runs it starts. ${remedy}.`;
}

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
