import { z } from "zod";

import { TenantManagementError } from "./errors";
import { parseJson } from "./json";
import { printable } from "./text";
import type { HttpAnswer } from "./transport";

/**
 * What a 404 proves. A load balancer's page and a gateway's "no route matched" also have the status 404, and
 * say nothing about a tenant: a caller who takes one for "deleted" drops a client that is in use. So a 404
 * counts only in the contract's form and, since a gateway's JSON may have the same form, only if another
 * response of the API agrees. `api.ts` requests that response in one place, for all operations.
 */

/** The contract's `Error`. */
const errorSchema = z.object({
  message: z
    .string()
    .refine((message) => Array.from(message).length <= 512, "must have at most 512 characters"),
});

/**
 * Returns whether an error answer has the contract's form: `application/json`, and an object with a `message` of 0 to
 * 512 characters.
 */
export function hasContractsForm({ headers, body }: HttpAnswer): boolean {
  return mediaTypeOf(headers) === "application/json" && errorSchema.safeParse(parseJson(body)).success;
}

/** What to do about a 404 that proves nothing. */
export const whatToCheck =
  "Check tenants:apiUrl, and the proxy, gateway or load balancer on the way there; then run the same command again";

/** Returns whether an answer is a page for people: a firewall's or a proxy's, and no answer of an API. */
export function isPage({ headers, body }: HttpAnswer): boolean {
  return mediaTypeOf(headers) === "text/html" || /^\s*<(?:!doctype|html)\b/i.test(body);
}

/** Describes a 404 that is not the API's own, for a message. */
export function describeForeignNotFound(answer: HttpAnswer): string {
  const type = mediaTypeOf(answer.headers);
  const oddity = hasContractsForm(answer)
    ? "though every organization has this list"
    : `in a form that is not the API's (${type === "" ? "no content type" : printable(type)})`;
  return (
    `was answered 404, ${oddity}: most likely by a proxy, a gateway or a load balancer. ` +
    `This does not prove that anything was deleted. ${whatToCheck}`
  );
}

/**
 * Creates the error of a 404 in the contract's form that another answer of the API contradicts.
 *
 * @param contradiction the other answer: `the API still answers for the tenant`
 */
export function contradicted(notFound: TenantManagementError, contradiction: string): TenantManagementError {
  return new TenantManagementError(
    "NOT_THE_API",
    `${notFound.message.replace(/\.$/, "")}, but ${contradiction}: the 404 is not the API's own, or its servers do not agree. ` +
      `Nothing counts as deleted. ${whatToCheck}.`,
    { status: 404, cause: notFound },
  );
}

/** Returns whether the API itself refused a request with 404: others are `NOT_THE_API`. */
export function isNotFound(error: unknown): error is TenantManagementError {
  return error instanceof TenantManagementError && error.code === "REFUSED" && error.status === 404;
}

function mediaTypeOf(headers: HttpAnswer["headers"]): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
