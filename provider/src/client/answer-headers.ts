import { parseHttpDate, parseInstant, serverAheadMs } from "./server-clock";
import { printable } from "./text";
import type { HttpAnswer } from "./transport";

/** The headers that contain when a rate limit is renewed: Okta's own, and others with the same meaning. */
const resetHeaders = ["x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset"];

/** A number from here on is a time in seconds since 1970; a smaller one is a number of seconds from now. */
const firstEpochS = 1e9;
/** A number from here on is a time in milliseconds since 1970. */
const firstEpochMs = 1e12;

/**
 * How far this machine's clock may differ from the server's, in milliseconds, before a server's date is read by the
 * server's clock.
 */
const likelySkewMs = 5_000;

/** A larger number is not a time. */
const lastEpochMs = 1e13;

/**
 * Returns how long a server asks to wait before the request is sent again: by `Retry-After`, or, if a 429 lacks it or
 * it says "now", by the time at which the rate limit is renewed. The server's times are read by its own clock (`Date`).
 *
 * @param nowMs this machine's time, in milliseconds since 1970
 * @returns milliseconds from now, 0 for the past; undefined if the server does not say
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 RFC 9110, Retry-After}
 * @see {@link https://developer.okta.com/docs/reference/rl-best-practices/ Okta, X-Rate-Limit-Reset}
 * @see {@link https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ IETF draft, RateLimit}
 */
export function askedWaitMs(
  { status, headers }: Pick<HttpAnswer, "status" | "headers">,
  nowMs = Date.now(),
): number | undefined {
  const retryAfterMs = parseRetryAfter(headers["retry-after"], serverNowMs(headers, nowMs));
  if (status !== 429 || (retryAfterMs ?? 0) > 0) return retryAfterMs;
  return untilReset(headers, nowMs) ?? retryAfterMs;
}

/**
 * Reads a `Retry-After` header: seconds, or a date. Some servers write the time at which they can be asked again in
 * seconds since 1970, or a fraction; and a proxy may add a second one.
 *
 * @param nowMs the time now, in milliseconds since 1970
 * @returns milliseconds from now, 0 for the past, or undefined if there is nothing readable
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 RFC 9110, Retry-After}
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  // A larger number is no time, but still asks for a long wait.
  const isLong = /^\d{14,15}$/.test(header?.trim() ?? "");
  return longest(waitsIn(header, nowMs)) ?? (isLong ? Number(header) * 1000 : undefined);
}

function untilReset(headers: HttpAnswer["headers"], ownMs: number): number | undefined {
  const nowMs = parseHttpDate(headers["date"]) ?? ownMs;
  const named = resetHeaders.map((name) => waitsIn(headers[name], nowMs));
  return longest(
    named.find((found) => found.length > 0) ?? waitsIn(secondsOfDraft(headers["ratelimit"]).join(), nowMs),
  );
}

/** If several limits are used up, the one that is renewed last counts. */
function longest(waits: readonly number[]): number | undefined {
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** Reads a time, as a date or a number; or several numbers: a proxy joins several headers with commas. */
function waitsIn(header = "", nowMs: number): number[] {
  const dateMs = parseHttpDate(header.trim()) ?? parseInstant(header);
  if (dateMs !== undefined) return [Math.max(0, dateMs - nowMs)];
  return header.split(",").flatMap((text) => {
    const value = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : lastEpochMs;
    if (value >= lastEpochMs) return [];
    if (value < firstEpochS) return [value * 1000];
    return [Math.max(0, (value < firstEpochMs ? value * 1000 : value) - nowMs)];
  });
}

/** `"default";r=0;t=30`, or in the older drafts `limit=100, remaining=0, reset=30`: seconds. */
function secondsOfDraft(header = ""): string[] {
  return [...header.matchAll(/(?:^|[;,\s])(?:t|reset)=(\d+)/g)].map(([, seconds = ""]) => seconds);
}

/** A `Date` has whole seconds: if the clocks agree, this machine's is more precise. */
function serverNowMs(headers: HttpAnswer["headers"], ownMs: number): number {
  const aheadMs = serverAheadMs(headers, ownMs) ?? 0;
  return ownMs + (Math.abs(aheadMs) > likelySkewMs ? aheadMs : 0);
}

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
