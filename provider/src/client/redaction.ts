/**
 * The last safeguard of messages: text that is known to be a credential, or looks like one, is left out,
 * whatever its source. A server may quote what it received, and an error may contain its input.
 */

/** A signed token or assertion, a private key, its base64 alone. */
const forms =
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^-]|-(?!----))*(?:-----END [A-Z ]*-----)?|\bM[A-Za-z0-9+/]{2,6}(?:IBAD|IBAA|AgEA|CAQEE)[A-Za-z0-9+/]{24,}={0,2}/g;

/** What follows the name of a credential: `"client_secret": "…"`, `client_secret=…`. */
const labelled =
  /(\b(?:client_?secret|client_?assertion|access_?token|refresh_?token|id_?token|private_?key|password)\b[\\"']*\s*[:=]\s*[\\"']*)(?=[^\s"']*\d)[^\s"'\\,;&{}[\]()]{8,}/gi;

/** What follows the name of a way to log in. */
const authorization = /\b(Bearer|Basic)\s+(?=\S*\d)[\w.~+/-]{16,}=*/g;

/** Shorter texts occur by chance. */
const shortest = 8;

/** What this process has seen of credentials. It is the process's, as is what it prints. */
const known = new Set<string>();

/** Leaves a credential out of all messages of this process from now on. */
export function noteCredential(value: string): void {
  for (const text of [value, JSON.stringify(value).slice(1, -1), ...value.split(/\r?\n/)]) {
    const line = text.trim();
    if (line.length >= shortest && !line.startsWith("-----")) known.add(line);
  }
}

/** Forgets all credentials: what one process prints of thousands of runs is searched for those of each alone. */
export function forgetCredentials(): void {
  known.clear();
}

/** Returns whether a text contains something that looks like a credential. */
export function looksLikeCredential(text: string): boolean {
  return text !== text.replace(forms, "").replace(labelled, "").replace(authorization, "");
}

/** Leaves credentials out of a text: those that are known, and what looks like one. */
export function withoutCredentials(text: string): string {
  const whole = text
    .replace(forms, "[credential]")
    .replace(labelled, "$1[credential]")
    .replace(authorization, "$1 [credential]");
  return [...known].reduce((rest, value) => rest.replaceAll(value, "[credential]"), whole);
}
