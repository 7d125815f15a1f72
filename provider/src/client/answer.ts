import { printable } from "./errors";
import type { HttpAnswer } from "./transport";

/** Where servers and the proxies before them put the id by which their operators find a request again. */
const requestIdHeaders = [
  "x-request-id",
  "x-okta-request-id",
  "x-amzn-requestid",
  "x-amz-apigw-id",
  "x-correlation-id",
];

/** Quotes the request id of an answer for a message: with a space before it, or nothing where there is none. */
export function quotedRequestId({ headers }: HttpAnswer): string {
  const name = requestIdHeaders.find((header) => headers[header] !== undefined);
  return name === undefined ? "" : ` [${name} ${printable(headers[name] ?? "")}]`;
}

/**
 * Tells how an answer's body is compressed, for a message; undefined where it is not. None is asked for, and none is
 * unpacked: a small answer could become an endless one.
 */
export function compressionOf({ headers }: HttpAnswer): string | undefined {
  const coding = headers["content-encoding"]?.trim() ?? "";
  return coding === "" || coding.toLowerCase() === "identity" ? undefined : printable(coding);
}
