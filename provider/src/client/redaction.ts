/**
 * The last safeguard of messages: text that is known to be a credential, or looks like one, is removed, from any
 * source. A server may quote what it received, and an error may contain its input.
 */

/** A signed token or assertion, a private key, its base64 alone. */
const forms =
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^-]|-(?!----))*(?:-----END [A-Z ]*-----)?|\bM[A-Za-z0-9+/]{2,6}(?:IBAD|IBAA|AgEA|CAQEE)[A-Za-z0-9+/]{24,}={0,2}/g;

/** The text after the name of a credential: `"client_secret": "…"`, `client_secret=…`. */
const labelled =
  /(\b(?:client_?secret|client_?assertion|access_?token|refresh_?token|id_?token|private_?key|password)\b[\\"']*\s*[:=]\s*[\\"']*)(?=[^\s"']*\d)[^\s"'\\,;&{}[\]()]{8,}/gi;

/** The text after the name of an authentication scheme. */
const authorization = /\b(Bearer|Basic)\s+(?=\S*\d)[\w.~+/-]{16,}=*/g;

/** Shorter texts occur by chance. */
const shortest = 8;

/** The credentials that this process has seen. They belong to the process, as its output does. */
const known = new Set<string>();

/** Removes a credential from all later messages of this process. */
export function noteCredential(value: string): void {
  for (const text of [value, JSON.stringify(value).slice(1, -1), ...value.split(/\r?\n/)]) {
    const line = text.trim();
    if (line.length >= shortest && !line.startsWith("-----")) known.add(line);
  }
}

/** Forgets all credentials: a process that prints the output of thousands of runs searches each only for its own. */
export function forgetCredentials(): void {
  known.clear();
}

/** Returns whether a text contains something that looks like a credential. */
export function looksLikeCredential(text: string): boolean {
  return text !== text.replace(forms, "").replace(labelled, "").replace(authorization, "");
}

/** Removes credentials from a text: known ones, and text that looks like one. */
export function withoutCredentials(text: string): string {
  const whole = text
    .replace(forms, "[credential]")
    .replace(labelled, "$1[credential]")
    .replace(authorization, "$1 [credential]");
  return [...known].reduce((rest, value) => rest.replaceAll(value, "[credential]"), whole);
}
