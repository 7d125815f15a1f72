/** A credential, by a name that a failing test may print. */
export interface Credential {
  name: string;
  value: string;
}

/** A text whose presence gives a credential away. */
export interface Needle {
  credential: string;
  form: string;
  text: string;
}

/** A place where a credential stands; it never holds the credential. */
export interface Leak {
  credential: string;
  form: string;
  where: string;
}

/** Shorter texts occur by chance. */
const shortest = 8;

/** Patterns of what is a credential whatever its value: private keys, signed assertions and tokens. */
const patterns: ReadonlyArray<readonly [form: string, pattern: RegExp]> = [
  ["private key (PEM)", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["signed token (JWT)", /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/],
];

/**
 * Gives the texts that stand for credentials: each as it is, escaped in JSON once and twice, in URLs, in hexadecimal
 * and in Base64 wherever it starts there. A line of a PEM stands for the whole: it looks the same however line breaks are
 * written.
 *
 * @throws where a credential is too short to be told from chance
 */
export function needlesOf(credentials: readonly Credential[]): Needle[] {
  return credentials.flatMap(({ name, value }) => {
    if (value.length < shortest) throw new Error(`the canary "${name}" is too short to be searched for`);
    const forms: Array<readonly [form: string, text: string]> = [
      ["plain", value],
      ["JSON", escaped(value)],
      ["JSON in JSON", escaped(escaped(value))],
      ["URL", encodeURIComponent(value)],
      ["hexadecimal", Buffer.from(value).toString("hex")],
      ...pemLines(value).map((line) => ["a line of it", line] as const),
      ...pemLines(value).flatMap((line) => base64Forms(line)),
      ...base64Forms(value),
      ...base64Forms(escaped(value)),
    ];
    const texts = new Map(forms.reverse().map(([form, text]) => [text, form]));
    return [...texts].map(([text, form]) => ({ credential: name, form, text }));
  });
}

/** Finds the credentials in a text, and what looks like a private key or a token. */
export function search(text: string, where: string, needles: readonly Needle[]): Leak[] {
  const byPattern = patterns
    .filter(([, pattern]) => pattern.test(text))
    .map(([form]) => ({ credential: "some credential", form, where }));
  return [...searchTexts(text, where, needles), ...byPattern];
}

/** Finds only the credentials themselves: what others run on this machine is not ours to judge. */
export function searchTexts(text: string, where: string, needles: readonly Needle[]): Leak[] {
  return needles
    .filter((needle) => text.includes(needle.text))
    .map(({ credential, form }) => ({ credential, form, where }));
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function pemLines(value: string): string[] {
  return value.includes("-----BEGIN")
    ? value.split("\n").filter((line) => line.length >= 40 && !line.startsWith("-----"))
    : [];
}

/** Base64 of a text depends on where it starts in a group of three bytes; the characters at its edges on what is beside it. */
function base64Forms(value: string): Array<readonly [form: string, text: string]> {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    const whole = bytes.length - (bytes.length % 3);
    const text = bytes
      .subarray(0, whole)
      .toString("base64")
      .slice(offset === 0 ? 0 : 4);
    const url = text.replaceAll("+", "-").replaceAll("/", "_");
    return [["Base64", text] as const, ["Base64 for URLs", url] as const];
  });
}
