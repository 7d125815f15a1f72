import { parseRetryAfter } from "./retry";
import { parseHttpDate, serverAheadMs } from "./server-clock";
import type { HttpAnswer } from "./transport";

/** Where servers say when their rate limit is renewed: Okta's own header, and others that mean the same. */
const resetHeaders = ["x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset"];

/** A number from here on is a time in seconds since 1970; a smaller one is a number of seconds from now. */
const firstEpochS = 1e9;
/** A number from here on is a time in milliseconds since 1970. */
const firstEpochMs = 1e12;

/** How far this machine's clock may be from the server's until a date of the server's is read by the server's, in milliseconds. */
const likelySkewMs = 5_000;

/**
 * Tells how long a server asks to wait before the request is sent again: by `Retry-After`, or, where it refused with 429,
 * by the time at which its rate limit is renewed. Times of the server's are read by its own clock (`Date`).
 *
 * @returns milliseconds from now, 0 for the past; undefined where the server does not say
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 RFC 9110, Retry-After}
 * @see {@link https://developer.okta.com/docs/reference/rl-best-practices/ Okta, X-Rate-Limit-Reset}
 */
export function askedWaitMs({ status, headers }: HttpAnswer): number | undefined {
  const retryAfterMs = parseRetryAfter(headers["retry-after"], serverNowMs(headers));
  if (retryAfterMs !== undefined || status !== 429) return retryAfterMs;
  return untilReset(headers);
}

function untilReset(headers: HttpAnswer["headers"]): number | undefined {
  const text = resetHeaders.map((name) => headers[name]?.trim()).find((value) => /^\d+$/.test(value ?? ""));
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value < firstEpochS) return value * 1000;
  const resetMs = value < firstEpochMs ? value * 1000 : value;
  return Math.max(0, resetMs - (parseHttpDate(headers["date"]) ?? Date.now()));
}

/** A `Date` has whole seconds: where the clocks agree, this machine's is the more exact. */
function serverNowMs(headers: HttpAnswer["headers"]): number {
  const aheadMs = serverAheadMs(headers) ?? 0;
  return Date.now() + (Math.abs(aheadMs) > likelySkewMs ? aheadMs : 0);
}
