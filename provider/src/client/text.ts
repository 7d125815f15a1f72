import { withoutCredentials } from "./redaction";

/** Returns a one-line message for anything thrown, without credentials. */
export function messageOf(error: unknown): string {
  return withoutCredentials(error instanceof Error ? error.message : String(error));
}

/** The most characters of a server's text in a message. */
const longestQuote = 512;

/** Makes a server's text safe to print: without credentials, with control characters escaped, and of limited length. */
export function printable(text: string): string {
  const escaped = withoutCredentials(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeOf);
  return escaped.length > longestQuote ? `${escaped.slice(0, longestQuote)}…` : escaped;
}

function escapeOf(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16);
  return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
}
