import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import type { ScalarKind } from "pulumi-resistant-tenants/internal/yaml-scalar";
import { z } from "zod";

import { formsOfKey } from "./key-forms";
import type { YamlFile } from "./yaml-file";

/** A plain scalar of a stack's file: how it is written, and how the engine reads it. */
export interface PlainScalar {
  source: string;
  kind: ScalarKind;
  /** Whether it is in `Pulumi.yaml`, which gives values to every stack. */
  isOfProject?: boolean;
}

/** The files in which a stack's values are written, as far as they can be read. */
export interface WrittenIn {
  stack?: Pick<YamlFile, "value" | "lineOf" | "plainScalarAt"> | undefined;
  /** `Pulumi.yaml`. */
  project?: Pick<YamlFile, "value" | "lineOf" | "plainScalarAt"> | undefined;
}

/** Where a value is written. */
export interface Place {
  path: string[];
  /** Whether it is in `Pulumi.yaml`. */
  isOfProject: boolean;
}

const projectSchema = z.object({ name: z.string() });

/**
 * Finds where the value of a key is written: in the stack's file or, if that has none, in the project's.
 *
 * @param key with its namespace
 * @returns undefined if it is in neither file
 */
export function placeOf(key: string, { stack, project }: WrittenIn): Place | undefined {
  const { name } = projectSchema.safeParse(project?.value).data ?? {};
  const names = formsOfKey(key, name);
  const inStack = names.map((each) => ["config", each]).find((path) => stack?.lineOf(path) !== undefined);
  if (inStack !== undefined) return { path: inStack, isOfProject: false };
  const inProject = names
    .flatMap((each) => [
      ["config", each, "default"],
      ["config", each, "value"],
      ["config", each],
    ])
    .find((path) => project?.lineOf(path) !== undefined);
  return inProject === undefined ? undefined : { path: inProject, isOfProject: true };
}

/**
 * Finds how the value of a key is written, as {@link placeOf} finds it.
 *
 * @returns undefined if it is quoted, or in neither file
 */
export function plainScalarOf(key: string, files: WrittenIn): PlainScalar | undefined {
  const place = placeOf(key, files);
  if (place?.isOfProject !== true)
    return place === undefined ? undefined : files.stack?.plainScalarAt(place.path);
  const scalar = files.project?.plainScalarAt(place.path);
  return scalar === undefined ? undefined : { ...scalar, isOfProject: true };
}

/** Keys of the namespace `tenants` whose values are not text: an unquoted number or boolean is correct. */
const notText = [
  "quota",
  "journalDiskIsKept",
  "replaceLostApplications",
  "customers",
  "secrets",
  "rotation",
].map((name) => `tenants:${name}`);

/** Writes a value of a stack's file as the engine passes it to a program: as text, and a list or an object as JSON. */
export function textOf(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Returns whether a key has text as its value: `tenants:owner`. */
export function isTextKey(key: string): boolean {
  return key.startsWith("tenants:") && !notText.includes(key);
}

/**
 * Reports text that YAML read as something else: of `tenants:owner: 0012345` the program receives 5349.
 *
 * @param key with its namespace
 * @param scalar how the value is written; undefined if it is quoted
 * @returns undefined if the value is text
 */
export function unquotedProblem(
  key: string,
  scalar: PlainScalar | undefined,
): ConfigurationProblem | undefined {
  if (scalar === undefined || !isTextKey(key) || scalar.kind === "text" || scalar.kind === "null")
    return undefined;
  // Where a key belongs, no message repeats what is there.
  const value = key === "tenants:privateKey" ? "the value" : scalar.source;
  const where = scalar.isOfProject === true ? ", in Pulumi.yaml" : "";
  return { path: key, problem: `${value} is a ${scalar.kind} to YAML: write it in quotes${where}` };
}
