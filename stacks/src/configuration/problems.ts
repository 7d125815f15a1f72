import { distance } from "fastest-levenshtein";
import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import { printable } from "pulumi-resistant-tenants/internal/vocabulary";
import { isInstantOfEngine } from "pulumi-resistant-tenants/internal/yaml-scalar";
import { z } from "zod";

/** The longest value that a message repeats, in characters. */
const longestShown = 60;

/** Fields whose value a message never repeats: a credential may have been put there by mistake. */
const neverShown = new Set(["publicKey", "secretArn", "privateKey", "privateKeySecretArn"]);

/**
 * Checks a value, and adds its problems to `problems`: each with its path, its value and what would be
 * correct.
 *
 * @param path the value's path: `tenants:owner`
 */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: string,
  problems: ConfigurationProblem[],
): z.output<T> | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    if (issue.code === "unrecognized_keys") {
      // One line per key: see `objectProblem`.
      const messages = issue.message.split("\n");
      issue.keys.forEach((key, index) => {
        const where = [...issue.path, key].map(pathStep).join("");
        problems.push({ path: path + where, problem: messages[index] ?? issue.message });
      });
      continue;
    }
    problems.push({
      path: path + issue.path.map(pathStep).join(""),
      problem: `${shownValue(value, issue.path, path)}${issue.message}`,
    });
  }
  return undefined;
}

/**
 * Returns the errors of a strict object: one line for each unknown key, with the nearest known one.
 *
 * @param otherwise the message for anything that is not an object
 */
export const objectProblem =
  (otherwise: string): z.core.$ZodErrorMap =>
  (issue) => {
    if (issue.code !== "unrecognized_keys") return issue.code === "invalid_type" ? otherwise : undefined;
    const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
    return issue.keys.map((key) => unknownKey(key, known)).join("\n");
  };

/** Describes what to do with an unknown key, and which known one may be meant. */
export function unknownKey(key: string, known: readonly string[]): string {
  return `is not a known key: remove it, or correct its name${didYouMean(key, known)}`;
}

/** Writes the value at a path for the start of a message; empty for a value that is missing, long, or no scalar. */
function shownValue(value: unknown, parts: readonly PropertyKey[], path: string): string {
  const fields = [path.replace(/^.*[:.]/, ""), ...parts.map(String)];
  if (fields.some((field) => neverShown.has(field))) return "";
  const found = parts.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
  if (found === undefined || found === null || typeof found === "object") return "";
  const whole = typeof found === "string" ? found : JSON.stringify(found);
  if (/PRIVATE KEY/.test(whole)) return "";
  const short = shown(whole);
  return typeof found === "string" ? `"${short}" ` : `${short} `;
}

/** Writes a file's text for a message: on one line, shortened, and without a misplaced credential. */
export function shown(text: string, longest = longestShown): string {
  const safe = printable(text);
  return safe.length > longest ? `${safe.slice(0, longest)}…` : safe;
}

function pathStep(step: PropertyKey): string {
  return typeof step === "number" ? `[${step}]` : `.${shown(String(step))}`;
}

/** Returns an end of a message that suggests the known word nearest to a value; empty if none is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  const near = known
    .map((word) => ({ word, far: distance(given.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, far }) => far <= Math.max(1, Math.floor(word.length / 3)))
    .sort((one, other) => one.far - other.far)[0];
  return near === undefined ? "" : `; did you mean ${near.word}?`;
}

/** Accepts one of some words. */
export function oneOf<const Word extends string>(words: readonly [Word, ...Word[]], otherwise: string) {
  return z.enum(words, {
    error: ({ input }) => {
      const suggestion = typeof input === "string" ? didYouMean(input, words) : "";
      return input === undefined ? `must be given: ${words.join(", ")}` : `${otherwise}${suggestion}`;
    },
  });
}

/**
 * Accepts text, and explains what to do if YAML read something else: `0012345` as the number 5349, and
 * `2026-11-24` as an instant.
 *
 * @param otherwise the message if nothing is given
 */
export function yamlText(otherwise = "must be text") {
  return z
    .string({ error: ({ input }) => notText(input) ?? otherwise })
    .refine((text) => !isInstantOfEngine(text), {
      error: "is a date or time to YAML: write it in quotes",
      abort: true,
    });
}

function notText(input: unknown): string | undefined {
  if (typeof input === "number") return "is a number to YAML: write it in quotes";
  if (typeof input === "boolean") return "is a boolean to YAML: write it in quotes";
  return undefined;
}

/** Finds duplicate values in one pass. What is missing (`null` too) is the same as nothing. */
export function duplicates(
  values: readonly unknown[],
  pathOf: (index: number) => string,
  what: string,
): ConfigurationProblem[] {
  const firstAt = new Map<unknown, number>();
  return values.flatMap((value, index) => {
    if (value === undefined || value === null) return [];
    const first = firstAt.get(value);
    if (first === undefined) firstAt.set(value, index);
    return first === undefined
      ? []
      : [{ path: pathOf(index), problem: `${what} ${pathOf(first)}: remove one` }];
  });
}
