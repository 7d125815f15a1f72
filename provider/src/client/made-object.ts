import type { MadeObject } from "./errors";
import { parseJson } from "./json";
import { identifierSchema, madeObjectSchema } from "./schemas";
import type { HttpAnswer } from "./transport";

/**
 * Reads what it can of an unusable answer to a create: which object was made, by the body or else by `Location`, and its
 * credential. Any success (2xx) counts, whichever the contract names: a credential comes once.
 *
 * @param collection the path of the objects of its kind, below the base URL: `["tenants", "t-1", "applications"]`
 * @returns undefined where the answer names no object
 */
export function madeObject(answer: HttpAnswer, collection: readonly string[]): MadeObject | undefined {
  const fromBody = madeObjectSchema.safeParse(parseJson(answer.body)).data;
  const located = idInLocation(answer.headers["location"], collection);
  // Who answers 202 or 200 may speak of a job or a request of its own.
  const isOfObject =
    answer.status === 201 ||
    fromBody?.id === located ||
    [fromBody?.name, fromBody?.client_id, fromBody?.credentials].some((field) => field !== undefined);
  const objectId = (isOfObject ? fromBody?.id : undefined) ?? located;
  if (objectId === undefined) return undefined;
  return { objectId, clientId: fromBody?.client_id, clientSecret: fromBody?.credentials?.client_secret };
}

/** An id is taken only from a path that ends as that of the object does: another's would be deleted for it later. */
function idInLocation(location: string | undefined, collection: readonly string[]): string | undefined {
  const path = location?.split(/[?#]/, 1)[0]?.replace(/\/$/, "");
  const end = path
    ?.split("/")
    .slice(-collection.length - 1)
    .map(decoded);
  if (end === undefined || collection.some((segment, index) => end[index] !== segment)) return undefined;
  return identifierSchema.safeParse(end[collection.length]).data;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
