import path from "node:path";

/**
 * Returns whether a place is an allowed one or below it: `s3://journals` allows `s3://journals/tenants`, but
 * not `s3://journals-of-others`. A scheme (`s3://`) allows everything of its kind.
 *
 * @param place a URL, or a file's path
 */
export function isAllowedPlace(place: string, allowed: readonly string[]): boolean {
  const plain = /^[a-z0-9+.-]+:/i.test(place) ? place : path.posix.normalize(place);
  return allowed.some((one) => {
    if (one === "" || !plain.startsWith(one)) return false;
    const rest = plain.slice(one.length);
    return rest === "" || /[/:?]$/.test(one) || /^[/?]/.test(rest);
  });
}
