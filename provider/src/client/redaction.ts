/**
 * The last safeguard of messages: text that is known to be a credential, or looks like one, is removed, from any
 * source. A server may quote what it received, and an error may contain its input.
 */

/**
 * A signed token or assertion, and what is right before it. It is looked for where such text begins: if it were looked for
 * at each `eyJ`, a long text of many would take hours.
 */
const tokens = /(?<![\w-])(?=[\w-]+\.[\w-]{8})([\w-]*?)\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*/g;

/** A private key, also percent-encoded; its base64 alone. */
const keys =
  /-----BEGIN(?:[A-Z +]|%20)*PRIVATE(?:[ +]|%20)KEY-----(?:[^-]|-(?!----))*(?:-----END(?:[A-Z +]|%20)*-----)?|\bM[A-Za-z0-9+/]{2,6}(?:IBAD|IBAA|AgEA|CAQEE)[A-Za-z0-9+/]{24,}={0,2}/g;

/**
 * The text after the name of a credential: `"client_secret": "…"`, `client_secret=…`. Its first digit is looked for only
 * as far as in any credential: a long text of many names would take minutes.
 */
const labelled =
  /(\b(?:client_?secret|client_?assertion|access_?token|refresh_?token|id_?token|private_?key|password)\b[\\"']*\s*[:=]\s*[\\"']*)(?=[^\s"']{0,500}\d)[^\s"'\\,;&{}[\]()]{8,}/gi;

/** The text after the name of an authentication scheme. */
const authorization = /\b(Bearer|Basic)\s+(?=\S*\d)[\w.~+/-]{16,}=*/g;

/** Shorter texts occur by chance. */
const shortest = 8;

/** The credentials that this process has seen. They belong to the process, as its output does. */
const known = new Set<string>();

/**
 * The lengths of the known credentials, longest first, by their first {@link shortest} characters: a text is searched
 * once for all of them. A stack of thousands of applications has tens of thousands.
 */
const lengths = new Map<string, readonly number[]>();

/** Removes a credential from all later messages of this process. */
export function noteCredential(value: string): void {
  for (const text of [value, JSON.stringify(value).slice(1, -1), ...value.split(/\r?\n/)]) {
    const line = text.trim();
    if (line.length >= shortest && !line.startsWith("-----")) note(line);
  }
}

function note(credential: string): void {
  known.add(credential);
  const start = credential.slice(0, shortest);
  const others = lengths.get(start) ?? [];
  if (others.includes(credential.length)) return;
  lengths.set(
    start,
    [...others, credential.length].sort((one, other) => other - one),
  );
}

/** Forgets all credentials: a process that prints the output of thousands of runs searches each only for its own. */
export function forgetCredentials(): void {
  known.clear();
  lengths.clear();
}

/** Returns whether a text contains something that looks like a credential. */
export function looksLikeCredential(text: string): boolean {
  return text !== withoutForms(text, "");
}

/** Removes credentials from a text: known ones, and text that looks like one. */
export function withoutCredentials(text: string): string {
  return withoutKnown(withoutForms(text, "[credential]"));
}

function withoutForms(text: string, instead: string): string {
  return text
    .replace(tokens, `$1${instead}`)
    .replace(keys, instead)
    .replace(labelled, `$1${instead}`)
    .replace(authorization, `$1 ${instead}`);
}

function withoutKnown(text: string): string {
  if (known.size === 0) return text;
  let kept = "";
  let end = 0;
  for (let at = 0; at + shortest <= text.length; at += 1) {
    const length = lengthOfKnown(text, at);
    if (length === 0) continue;
    // Two that overlap are removed together.
    if (at >= end) kept += `${text.slice(end, at)}[credential]`;
    end = Math.max(end, at + length);
  }
  return kept + text.slice(end);
}

/** Returns the length of the longest known credential at a place in a text; 0 if there is none. */
function lengthOfKnown(text: string, at: number): number {
  const candidates = lengths.get(text.slice(at, at + shortest));
  return candidates?.find((length) => known.has(text.slice(at, at + length))) ?? 0;
}
