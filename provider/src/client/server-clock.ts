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
