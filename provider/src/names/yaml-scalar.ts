/**
 * Plain scalars as the engine reads them: its YAML accepts octals, underscores and instants that are text in YAML 1.2.
 *
 * @see {@link https://github.com/go-yaml/yaml/blob/v3.0.1/resolve.go go-yaml v3, resolve}
 */

/** The value of a plain scalar; a `bigint` for an integer that JavaScript's numbers cannot hold exactly. */
export type ScalarValue = string | number | bigint | boolean | null;

/** The type of a scalar in the engine; a program receives an instant as text. */
export type ScalarKind = "text" | "number" | "boolean" | "null" | "date or time";

const words: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);

const largest = 2n ** 64n - 1n;
const smallest = -(2n ** 63n);

/** Reads a plain scalar of a YAML file. */
export function readScalar(source: string): { kind: ScalarKind; value: ScalarValue } {
  const word = words.get(source);
  if (word !== undefined) return { kind: word === null ? "null" : "boolean", value: word };
  const instant = toInstant(source);
  if (instant !== undefined) return { kind: "date or time", value: instant };
  const number = toNumber(source);
  return number === undefined ? { kind: "text", value: source } : { kind: "number", value: number };
}

function toNumber(source: string): number | bigint | undefined {
  if (!/^[-+.\d]/.test(source)) return undefined;
  const plain = source.startsWith(".") ? source.replace(/(?<=\d)_(?=\d)/g, "") : source.replaceAll("_", "");
  const integer = toInteger(plain);
  if (integer !== undefined) {
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  }
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?$/i.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/** Integers as Go's `ParseInt` with base 0 accepts them. */
function toInteger(plain: string): bigint | undefined {
  const [, sign = "", digits = ""] = /^([-+]?)(\w+)$/.exec(plain) ?? [];
  const forms: Array<[RegExp, (text: string) => string]> = [
    [/^(?:0|[1-9]\d*)$/, (text) => text],
    [/^0[0-7]+$/, (text) => `0o${text.slice(1)}`],
    [/^0(?:x[\da-f]+|o[0-7]+|b[01]+)$/i, (text) => text.toLowerCase()],
  ];
  const form = forms.find(([pattern]) => pattern.test(digits));
  if (form === undefined) return undefined;
  const value = BigInt(form[1](digits)) * (sign === "-" ? -1n : 1n);
  return value < smallest || value > largest ? undefined : value;
}

const instants = [
  /^(\d{4})-(\d\d?)-(\d\d?)[Tt](\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+](?:[01]\d|2[0-4]):(?:[0-5]\d|60))$/,
  /^(\d{4})-(\d\d?)-(\d\d?) +(\d\d?):(\d\d?):(\d\d?)(\.\d+)?$/,
  /^(\d{4})-(\d\d?)-(\d\d?)$/,
];

/** Writes an instant as Go does, and as a program receives it: `2026-11-24 00:00:00 +0000 UTC`. */
function toInstant(source: string): string | undefined {
  const parts = instants.map((form) => form.exec(source)).find((found) => found !== null);
  if (parts == null) return undefined;
  const [
    ,
    year = "",
    month = "",
    day = "",
    hour = "0",
    minute = "0",
    second = "0",
    fraction = "",
    zone = "Z",
  ] = parts;
  const date = [year, month, day].map((part) => part.padStart(2, "0")).join("-");
  const time = [hour, minute, second].map((part) => part.padStart(2, "0")).join(":");
  if (!isOnCalendar(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return undefined;
  const offset = toOffset(zone);
  const fractionShown = fraction.slice(0, 10).replace(/\.?0*$/, "");
  return `${date} ${time}${fractionShown} ${offset} ${offset === "+0000" ? "UTC" : offset}`;
}

/** Go reads `+23:60` as `+24:00`. */
function toOffset(zone: string): string {
  const [, sign = "+", hours = 0, minutes = 0] = /^([-+])(\d\d):(\d\d)$/.exec(zone) ?? [];
  const inMinutes = Number(hours) * 60 + Number(minutes);
  const parts = [Math.floor(inMinutes / 60), inMinutes % 60].map((part) => String(part).padStart(2, "0"));
  return `${inMinutes === 0 ? "+" : sign}${parts.join("")}`;
}

function isOnCalendar(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

/** Returns whether text is an instant as a program receives it, and so had no quotes in its YAML file. */
export function isInstantOfEngine(text: string): boolean {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [-+]\d{4} (?:UTC|[-+]\d{4})$/.test(text);
}
