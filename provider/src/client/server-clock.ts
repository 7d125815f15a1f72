/** An HTTP date, which has to be read in all the three forms it ever had. */
const httpDate = /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? .*\d{2}:\d{2}:\d{2}/i;

/**
 * Reads an HTTP date, as in `Date` and `Retry-After`.
 *
 * @returns milliseconds since 1970; undefined where it is none
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 RFC 9110, date/time formats}
 */
export function parseHttpDate(header: string | undefined): number | undefined {
  if (header === undefined || !httpDate.test(header)) return undefined;
  // The form of asctime is in UTC too, and names no zone.
  const epochMs = Date.parse(/\d{4}$/.test(header) ? `${header} GMT` : header);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

/**
 * Compares a server's clock with this machine's.
 *
 * @param headers of an answer that has just come
 * @returns how far the server's is ahead, in milliseconds, right to a second or so; undefined where it does not tell
 */
export function serverAheadMs(headers: Readonly<Record<string, string>>): number | undefined {
  const serverMs = parseHttpDate(headers["date"]);
  return serverMs === undefined ? undefined : serverMs - Date.now();
}

/** How far the clocks may be apart, in milliseconds, before that is told: a signed assertion is good for minutes. */
const harmlessSkewMs = 60_000;

/**
 * Says that this machine's clock is wrong, where a server that refused something signed with the time tells another.
 *
 * @param headers of an answer that has just come
 * @returns a sentence with a space before it; nothing where the clocks agree, or the server does not tell
 */
export function describeClockSkew(headers: Readonly<Record<string, string>>): string {
  const aheadMs = serverAheadMs(headers);
  if (aheadMs === undefined || Math.abs(aheadMs) <= harmlessSkewMs) return "";
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  return (
    ` This machine's clock is ${minutes} ${minutes === 1 ? "minute" : "minutes"} ${aheadMs > 0 ? "behind" : "ahead of"} the server's, ` +
    "and what is signed with a wrong time is refused: set the clock (NTP)."
  );
}
