/** A field that differs between two values, with its path: `cells[1]`, `secrets.kmsKeyId`. */
export interface Difference {
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * Returns the fields in which two JSON values differ. A list of texts is compared as a whole, because an
 * added element is clearer from both lists than from each position.
 */
export function differencesOf(before: unknown, after: unknown, path = ""): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) =>
      differencesOf(before[key], after[key], path === "" ? key : `${path}.${key}`),
    );
  }
  if (isListOfObjects(before) && isListOfObjects(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) =>
      differencesOf(before[index], after[index], `${path}[${index}]`),
    ).flat();
  }
  return [{ path, before: before ?? null, after: after ?? null }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOfObjects(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}
