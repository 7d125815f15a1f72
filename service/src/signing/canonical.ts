import { hashOf } from "pulumi-resistant-tenants/internal/journal";

/** Writes a value as JSON with sorted keys, so that equal values have equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

/** Returns `sha256:<hex>` of a value; the order of its keys does not matter. */
export function digestOf(value: unknown): string {
  return hashOf(canonical(value));
}
