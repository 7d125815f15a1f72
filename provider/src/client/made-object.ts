import type { MadeObject } from "./errors";
import { parseJson } from "./json";
import { resolveNextPage } from "./paging";
import { identifierSchema, madeObjectSchema } from "./schemas";
import type { HttpAnswer } from "./transport";

/**
 * Reads what it can of an unusable answer to a create: the id of the object, from the body or else from `Location`, and
 * its credential. Any success (2xx) counts, even if the contract has another, and so does a redirect: a credential is
 * returned only once.
 *
 * @param collection the path of the objects of its kind, below the base URL: `["tenants", "t-1", "applications"]`
 * @param asked the API's base URL, and the URL that was asked
 * @returns undefined if the answer names no object
 */
export function madeObject(
  answer: HttpAnswer,
  collection: readonly string[],
  asked: AskedUrl,
): MadeObject | undefined {
  const fromBody = madeObjectSchema.safeParse(parseJson(answer.body)).data;
  const located = idInLocation(answer.headers["location"], collection, asked);
  // A 202 or 200 may be about a job or a request instead.
  const isOfObject =
    answer.status === 201 ||
    fromBody?.id === located ||
    [fromBody?.name, fromBody?.client_id, fromBody?.credentials].some((field) => field !== undefined);
  const objectId = (isOfObject ? fromBody?.id : undefined) ?? located;
  if (objectId === undefined) return undefined;
  return { objectId, clientId: fromBody?.client_id, clientSecret: fromBody?.credentials?.client_secret };
}

/** A request's destination. */
export interface AskedUrl {
  apiUrl: string;
  url: URL;
}

/**
 * An id is taken only from the API's own URL of such an object: with another id, the wrong object could be deleted
 * later.
 */
function idInLocation(
  location: string | undefined,
  collection: readonly string[],
  { apiUrl, url }: AskedUrl,
): string | undefined {
  const located = location === undefined ? undefined : resolveNextPage(apiUrl, url, location);
  const base = new URL(apiUrl).pathname.replace(/\/*$/, "/");
  const path = located?.pathname.slice(base.length).replace(/\/$/, "").split("/").map(decoded);
  if (path?.length !== collection.length + 1) return undefined;
  if (collection.some((segment, index) => path[index] !== segment)) return undefined;
  return identifierSchema.safeParse(path.at(-1)).data;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
