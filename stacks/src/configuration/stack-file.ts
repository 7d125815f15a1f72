import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { findProjectFolder, projectFileIn } from "pulumi-resistant-tenants/internal/project-file";
import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import { readScalar } from "pulumi-resistant-tenants/internal/yaml-scalar";
import { isAlias, isNode, isScalar, visit } from "yaml";
import { z } from "zod";

import { isTextKey, placeOf, plainScalarOf, unquotedProblem } from "./text-keys";
import { readYaml, type YamlFile } from "./yaml-file";

/**
 * The engine passes the whole configuration to the program in one environment variable, which Linux limits to
 * 128 KiB: with more, no command that runs the program starts.
 */
const largestConfigurationBytes = 131_000;

/** The size from which a warning is printed. */
const largeConfigurationBytes = 100_000;

/**
 * Finds the folder of `Pulumi.yaml`, from the folder of a program upwards.
 *
 * @throws `Error` if there is none
 */
export function projectFolder(from: string): string {
  const folder = findProjectFolder(from);
  if (folder === undefined)
    throw new Error("No Pulumi.yaml was found: run the command in the project's folder.");
  return folder;
}

/**
 * Creates a function that locates an entry of `tenants:customers` in the stack's file. The file is read at
 * the first call, and the entry must have its name there: `--config-file` may have named another file.
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
    // The engine has already read the file, and reports its problems itself.
    return undefined;
  }
}

/**
 * Finds text at the top level of the stack's file, or of `Pulumi.yaml`, that YAML read as something else.
 * `--config-file` may have named another file, so each value must be the one that the program received.
 *
 * @param file the stack's file: `Pulumi.prod.yaml`
 * @param folder the folder of `Pulumi.yaml`
 * @param values the whole configuration, by key with its namespace, as the engine passes it
 */
export function unquotedText(
  file: string,
  folder: string,
  values: Readonly<Record<string, string>>,
): ConfigurationProblem[] {
  // Parsing a large file takes a while, and most values are recognizable as text.
  const suspicious = Object.keys(values).filter(
    (key) => isTextKey(key) && /^(?:[-+.]?\d|true$|false$)/.test(values[key] ?? ""),
  );
  const customers = values[customersKey] ?? "";
  const mayHoldDates = /"\d{4}-\d\d-\d\dT/.test(customers);
  if (suspicious.length === 0 && !mayHoldDates) return [];
  const [stack, project] = [file, projectFileIn(folder) ?? ""].map(readIfThere);
  const place = placeOf(customersKey, { stack, project });
  const inProject = mayHoldDates && place?.isOfProject === true ? place.path : undefined;
  return [
    ...suspicious.flatMap((key) => {
      const scalar = plainScalarOf(key, { stack, project });
      const isOfFile = scalar !== undefined && String(readScalar(scalar.source).value) === values[key];
      return isOfFile ? (unquotedProblem(key, scalar) ?? []) : [];
    }),
    ...(inProject === undefined ? [] : datesInProject(project, inProject, customers)),
  ];
}

const customersKey = "tenants:customers";

/**
 * Finds dates without quotes in the customers that `Pulumi.yaml` gives to a stack. The engine passes them as text that a
 * customer's fields may contain, too (`2026-11-24T00:00:00Z`); from a stack's file it passes them in another form.
 *
 * @param received the customers as the program received them: JSON
 */
function datesInProject(
  project: YamlFile | undefined,
  place: readonly string[],
  received: string,
): ConfigurationProblem[] {
  const found: ConfigurationProblem[] = [];
  const written = project?.document.getIn(place, true);
  const given = isAlias(written) && project !== undefined ? written.resolve(project.document) : written;
  if (!isNode(given)) return found;
  visit(given, {
    Pair: (_key, { key }) => (isScalar(key) && key.value === "rotateAt" ? visit.SKIP : undefined),
    Scalar(_key, { type, tag, source = "" }) {
      if (type !== "PLAIN" || tag !== undefined) return;
      const { kind, value } = readScalar(source);
      if (kind !== "date or time" || !received.includes(JSON.stringify(inJson(String(value))))) return;
      const problem = `${source} is a ${kind} to YAML: write it in quotes, in Pulumi.yaml`;
      found.push({ path: customersKey, problem });
    },
  });
  return found;
}

/** Writes an instant as Go does in JSON: `2026-11-24 00:00:00 +0000 UTC` as `2026-11-24T00:00:00Z`. */
function inJson(instant: string): string {
  return instant.replace(/^(\S+) (\S+) ([-+]\d\d)(\d\d) \S+$/, "$1T$2$3:$4").replace(/\+00:00$/, "Z");
}

/** Go's JSON escapes characters with a meaning in HTML: six bytes for one. */
function asEngineWrites(values: Readonly<Record<string, string>>): string {
  return JSON.stringify(values).replaceAll(/[<>&\u2028\u2029]/g, "\\u0000");
}

/**
 * Returns the size of a configuration in KiB, if the engine cannot pass it to a program.
 *
 * @param values the whole configuration, by key with its namespace, as text
 * @returns undefined if it can
 */
export function tooLargeKiB(values: Readonly<Record<string, string>>): number | undefined {
  const bytes = Buffer.byteLength(asEngineWrites(values));
  return bytes < largestConfigurationBytes ? undefined : Math.round(bytes / 1024);
}

/**
 * Reports that a configuration is close to, or beyond, the size that the engine can pass to a program.
 *
 * @param values the whole configuration, by key with its namespace, as text
 * @returns undefined if it is well below
 */
export function sizeWarning(values: Readonly<Record<string, string>>): string | undefined {
  const bytes = Buffer.byteLength(asEngineWrites(values));
  if (bytes < largeConfigurationBytes) return undefined;
  const size = `The stack's configuration has ${Math.round(bytes / 1024)} KiB`;
  const remedy =
    "Move customers to separate files: `tenants:customersFrom: customers/*.yaml` (docs/configuration.md)";
  return bytes < largestConfigurationBytes
    ? `${size}; the engine can pass at most 128 KiB to the program, and above that no command starts. ${remedy}.`
    : `${size}; the engine can pass at most 128 KiB to the program, so no command that runs it starts. ${remedy}.`;
}

const fileSchema = z.looseObject({ secretsprovider: z.string().default("default") });

/**
 * Reads how the secrets of a stack are encrypted, which the engine does not pass to a program.
 *
 * @param file the stack's file: `Pulumi.prod.yaml`
 * @returns `default` for none; undefined if the file does not exist or cannot be read
 */
export async function readSecretsProvider(file: string): Promise<string | undefined> {
  try {
    const { value } = readYaml(await readFile(file, "utf8"), path.basename(file));
    return fileSchema.parse(value ?? {}).secretsprovider;
  } catch {
    // The engine has already read the file, and reports its problems itself.
    return undefined;
  }
}
