/** The API's `Date` header and its `created` are each accurate to a second; in milliseconds. */
export const clockToleranceMs = 3000;

/** An HTTP date, which recipients must accept in all three forms. */
const httpDate = /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? .*\d{2}:\d{2}:\d{2}/i;

/**
 * Reads an HTTP date, as in `Date` and `Retry-After`.
 *
 * @returns milliseconds since 1970; undefined if it is not a date
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 RFC 9110, date/time formats}
 */
export function parseHttpDate(header: string | undefined): number | undefined {
  if (header === undefined || !httpDate.test(header)) return undefined;
  // All are in UTC. The form of asctime has no zone, and JavaScript would read it in this machine's.
  const namesZone = /(?:[a-z]|[+-]\d{4})$/i.test(header.trim());
  const epochMs = Date.parse(namesZone ? header : `${header} GMT`);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

/**
 * A date and time of ISO 8601, with or without its zone; some write `UTC` for it, or after it, and Java the zone's name:
 * `2026-11-24T11:00:00+01:00[Europe/Prague]`.
 */
const dateTime =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?) ?(?:([Zz]|[+-]\d{2}(?::?\d{2})?)(?: ?(?:UTC|GMT)|\[[\w/+:-]+\])?|UTC|GMT)?$/;

/** A date and time of RFC 5322, with its zone: `Tue, 24 Nov 2026 10:00:00 GMT`. */
const mailDate = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})$/;

/** Seconds since 1970 with or without a fraction, or milliseconds: of a time from 2001 to 2286. */
const epoch = /^(\d{10})(?:\.\d+|(\d{3}))?$/;

/**
 * Writes an API's date and time in ISO 8601, with its zone. Without a zone it is in UTC: JavaScript would read it in
 * this machine's zone, hours away. Seconds or milliseconds since 1970, and a date of RFC 5322, become a date and time.
 *
 * @returns anything else unchanged
 */
export function withZone(text: string): string {
  const parts = partsOf(text);
  if (parts !== undefined) return `${parts.date}T${parts.time}${parts.zone}`;
  const epochMs = epochMsOf(text);
  return epochMs === undefined ? text : new Date(epochMs).toISOString();
}

/**
 * Reads an API's date and time.
 *
 * @returns milliseconds since 1970; undefined if it is not a time, or only a day
 */
export function parseInstant(text: string): number | undefined {
  const ms = Date.parse(withZone(text));
  return Number.isNaN(ms) || (partsOf(text) ?? epochMsOf(text)) === undefined ? undefined : ms;
}

function partsOf(text: string): { date: string; time: string; zone: string } | undefined {
  const [, date, time, zone = "Z"] = dateTime.exec(text.trim()) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d{2})(\d{2})$/, "$1:$2");
  return { date, time: time.replace(",", "."), zone: offset.toUpperCase() };
}

function epochMsOf(text: string): number | undefined {
  const [, seconds, ms = "0"] = epoch.exec(text.trim()) ?? [];
  if (seconds !== undefined) return Number(seconds) * 1000 + Number(ms);
  const dateMs = mailDate.test(text.trim()) ? Date.parse(text) : NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/**
 * Compares a server's clock with this machine's.
 *
 * @param headers of a response that has just arrived
 * @returns how far the server's is ahead, in milliseconds, accurate to about a second; undefined if the
 * response has no time
 */
export function serverAheadMs(
  headers: Readonly<Record<string, string>>,
  nowMs = Date.now(),
): number | undefined {
  const serverMs = parseHttpDate(headers["date"]);
  return serverMs === undefined ? undefined : serverMs - nowMs;
}

/** How far the clocks may differ, in milliseconds, before it is reported: a signed assertion is valid for minutes. */
const harmlessSkewMs = 60_000;

/**
 * Reports that this machine's clock is wrong, if a server that refused something signed with the time has
 * another time.
 *
 * @param headers of a response that has just arrived
 * @returns a sentence with a space before it; empty if the clocks agree, or the response has no time
 */
export function describeClockSkew(headers: Readonly<Record<string, string>>): string {
  const aheadMs = serverAheadMs(headers);
  if (aheadMs === undefined || Math.abs(aheadMs) <= harmlessSkewMs) return "";
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  return (
    ` This machine's clock is ${minutes} ${minutes === 1 ? "minute" : "minutes"} ${aheadMs > 0 ? "behind" : "ahead of"} the server's, ` +
    "and requests signed with a wrong time are refused: set the clock (NTP)."
  );
}
