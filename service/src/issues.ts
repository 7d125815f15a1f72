import type { z } from "zod";

/** An error of a schema, for people. */
interface Issue {
  path: string;
  message: string;
}

/** Returns all errors with their paths. For a choice, those of the closest alternative. */
export function issuesOf(issues: readonly z.core.$ZodIssue[], under: readonly PropertyKey[] = []): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...under, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      const [nearest] = [...issue.errors].sort((one, other) => distanceOf(one) - distanceOf(other));
      return issuesOf(nearest ?? [], path);
    }
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [];
    if (keys.length > 0)
      return keys.map((key) => ({
        path: [...path, key].map(String).join("."),
        message: "is not a known key: remove it, or correct its name",
      }));
    return [{ path: path.map(String).join("."), message: wordsOfIssue(issue) }];
  });
}

/** An alternative whose kind is unknown or does not match is far. */
function distanceOf(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, { code, path }) => {
    const isOther = path.length <= 1 && (code === "unrecognized_keys" || code === "invalid_union");
    return sum + (isOther ? 1_000 : 1);
  }, 0);
}

/** Requirements in words, by the schema library's term. */
const types: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

const formats: Readonly<Record<string, string>> = {
  date: "a date, such as 2026-12-31",
  datetime: "a date and time, such as 2026-12-31T14:00:00Z",
};

/** The start of the schema library's own messages. */
const isLibrarys = /^(?:Invalid|Too small|Too big)\b/;

/** Writes an error of a schema in plain English, unless the schema does itself. */
function wordsOfIssue(issue: z.core.$ZodIssue): string {
  if (!isLibrarys.test(issue.message)) return issue.message;
  if (issue.code === "invalid_type")
    return issue.message.endsWith("received undefined")
      ? "must be given"
      : `must be ${types[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value")
    return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
  if (issue.code === "invalid_format") return `must be ${formats[issue.format] ?? issue.format}`;
  if (issue.code === "too_small")
    return issue.origin !== "number" && issue.minimum === 1
      ? "must not be empty"
      : `must be ${limitOf(issue.origin, issue.minimum, "at least")}`;
  if (issue.code === "too_big") return `must be ${limitOf(issue.origin, issue.maximum, "at most")}`;
  return "is missing or unknown";
}

function limitOf(origin: string, limit: number | bigint, bound: string): string {
  const unit = origin === "string" ? " characters long" : origin === "array" ? " entries long" : "";
  return `${bound} ${limit}${unit}`;
}
