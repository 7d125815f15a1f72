import { printable } from "./text";
import type { HttpAnswer } from "./transport";

/** The headers in which servers and proxies return a request's id, by which their operators find it. */
const requestIdHeaders = [
  "x-request-id",
  "x-okta-request-id",
  "x-amzn-requestid",
  "x-amz-apigw-id",
  "x-correlation-id",
];

/** Quotes the request id of an answer for a message: with a space before it, or nothing if there is none. */
export function quotedRequestId({ headers }: HttpAnswer): string {
  const name = requestIdHeaders.find((header) => headers[header] !== undefined);
  return name === undefined ? "" : ` [${name} ${printable(headers[name] ?? "")}]`;
}

/**
 * Returns how a response's body is compressed, for a message; undefined if it is not. No compression is
 * requested or accepted: a small response could expand without limit.
 */
export function compressionOf({ headers }: HttpAnswer): string | undefined {
  const coding = headers["content-encoding"]?.trim() ?? "";
  return coding === "" || coding.toLowerCase() === "identity" ? undefined : printable(coding);
}
