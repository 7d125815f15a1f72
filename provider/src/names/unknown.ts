/**
 * What the engine passes, and stores, for a value that is not known yet: in a preview, and also in an update with
 * `--target` or `--exclude`.
 */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Returns whether a value, or anything inside it, is not known yet. */
export function isUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(isUnknown);
}
