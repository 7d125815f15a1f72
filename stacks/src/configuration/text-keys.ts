import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import type { ScalarKind } from "pulumi-resistant-tenants/internal/yaml-scalar";

/** A plain scalar of a stack's file: how it is written, and how the engine reads it. */
export interface PlainScalar {
  source: string;
  kind: ScalarKind;
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
  return { path: key, problem: `${value} is a ${scalar.kind} to YAML: write it in quotes` };
}
