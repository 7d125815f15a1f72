import { createPrivateKey, type KeyObject } from "node:crypto";

import { z } from "zod";

import { groupBy } from "../group-by";
import { parseJson } from "./json";

/** A block of PEM: its label, and the text between its two lines. */
interface PemBlock {
  label: string;
  body: string;
}

const hyphens = "-----";
/** The first or last line of a block, without its last hyphens, which may be the first ones of another. */
const boundary = /-----(BEGIN|END) ([A-Z0-9 ]+)(?=-----)/g;

const jwkSchema = z.looseObject({ kty: z.string() });

/** The length of a line of PEM, RFC 7468. */
const lineLength = 64;

/** Which private keys are read, by the label of their PEM: PKCS#8, PKCS#1 and SEC 1. */
const privateLabels = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

/**
 * Reads a private key in the forms in which CI systems and secret stores keep it: PEM, indented, quoted, on one line, with
 * its line ends written as `\n` or `%0A`, percent-encoded, in base64, as a JSON string, or as the one private key somewhere
 * in JSON; and the base64 between PEM's two lines alone. Certificates and public keys beside it are left out.
 *
 * @throws `TypeError` with what the text is instead, and what to do; never with any of its text
 * @see {@link https://www.rfc-editor.org/rfc/rfc7468 RFC 7468, PEM}
 */
export function readPrivateKey(text: string): KeyObject {
  const blocks = pemBlocksOf(text).filter(({ label }) => label !== "EC PARAMETERS");
  const keys = blocks.filter(isPrivate);
  const [first = blocks[0]] = keys;
  if (first === undefined) return readDer(text) ?? fail(whatElse(text));
  if (keys.length > 1) fail(`contains ${keys.length} private keys: leave only the one in use`);
  const problem = problemOf(first);
  if (problem !== undefined) fail(problem);
  try {
    return createPrivateKey(toPem(first));
  } catch (error) {
    throw new TypeError(
      `begins with BEGIN ${first.label}, but the rest is not such a key: it is truncated or damaged. Store the file again`,
      { cause: error },
    );
  }
}

function fail(problem: string): never {
  throw new TypeError(problem);
}

/**
 * Normalizes PEM from the forms in which CI systems and secret stores keep it.
 *
 * @returns the public key, else the first block; undefined if the text contains none
 * @throws `TypeError` if it contains several public keys: which one is meant is unknown
 */
export function normalizePem(text: string): string | undefined {
  const blocks = pemBlocksOf(text);
  const keys = new Set(blocks.filter(({ label }) => label.endsWith("PUBLIC KEY")).map(toPem));
  if (keys.size > 1) fail(`contains ${keys.size} public keys: leave only the one in use`);
  const [key] = keys;
  const [first] = blocks;
  return key ?? (first === undefined ? undefined : toPem(first));
}

/** Returns whether a text contains a private key in PEM, possibly among other text, or is the base64 of one. */
export function holdsPrivateKey(text: string): boolean {
  // A label does not contain BEGIN: without that, a text of many would be read once for each.
  const isPem = /BEGIN (?:(?!BEGIN )[A-Z0-9 ])*PRIVATE KEY/.test(unwrap(text));
  return isPem || privateKeyIn(derIn(text)) !== undefined;
}

function isPrivate({ label }: PemBlock): boolean {
  return label.endsWith("PRIVATE KEY");
}

/** Finds each block, from its first line to the next last line with its label. */
function pemBlocksOf(text: string): PemBlock[] {
  const plain = unwrap(text);
  const lines = [...plain.matchAll(boundary)].map(({ index, 0: line, 1: what, 2: label = "" }) => ({
    isFirst: what === "BEGIN",
    label,
    start: index,
    end: index + line.length + hyphens.length,
  }));
  const lastLines = groupBy(lines.filter(({ isFirst }) => !isFirst).toReversed(), ({ label }) => label);
  const blocks: PemBlock[] = [];
  let read = 0;
  for (const { isFirst, label, start, end } of lines) {
    if (!isFirst || start < read) continue;
    const candidates = lastLines.get(label) ?? [];
    while ((candidates.at(-1)?.start ?? Infinity) < end) candidates.pop();
    const last = candidates.at(-1);
    if (last === undefined) continue;
    blocks.push({ label, body: plain.slice(end, last.start) });
    read = last.end;
  }
  return blocks;
}

/** How often a text may be wrapped: in base64, in JSON, in both. */
const mostLayers = 4;

/** Removes what surrounds the PEM: JSON, quotes, escaped characters, base64, special spaces. */
function unwrap(text: string, layers = mostLayers): string {
  const plain = text
    .replaceAll(/\p{Cf}/gu, "")
    .replaceAll(/\p{Zs}/gu, " ")
    .trim();
  if (layers === 0) return plain;
  // JSON never begins like PEM.
  const json = plain.startsWith("--") ? undefined : parseJson(plain);
  if (json !== undefined) return unwrapJson(json, layers - 1);
  if (/-----BEGIN(?: |%20)/.test(plain)) return withoutEscapes(plain);
  // A form's value: its plus signs are written as %2B.
  if (plain.includes("-----BEGIN+")) return withoutEscapes(plain.replaceAll("+", " "));
  const decoded = decodeBase64(plain);
  const inside = decoded === undefined ? undefined : textIn(decoded);
  return inside === undefined ? plain : unwrap(inside, layers - 1);
}

/** Decodes characters as JSON, shells, URLs and XML write them: `\n`, `\u000a`, `\x0a`, `%0A`, `&#10;`, `&#xA;`. */
function withoutEscapes(text: string): string {
  return (
    text
      // A run of backslashes is read once, not again from each of them.
      .replaceAll(/(?<!\\)\\+[nrt]/g, "\n")
      .replaceAll(/(?:(?<!\\)\\+(?:u00|x)|%)([0-9A-Fa-f]{2})/g, (_, digits: string) =>
        characterOf(digits, 16),
      )
      .replaceAll(/&#x([0-9A-Fa-f]{1,2});/gi, (_, digits: string) => characterOf(digits, 16))
      .replaceAll(/&#(\d{1,3});/g, (_, digits: string) => characterOf(digits, 10))
  );
}

function characterOf(digits: string, radix: number): string {
  return String.fromCharCode(Number.parseInt(digits, radix));
}

/** Returns the strings in JSON that contain PEM, one per line. */
function unwrapJson(json: unknown, layers: number): string {
  if (typeof json === "string") return unwrap(json, layers);
  if (typeof json !== "object" || json === null) return "";
  const members: unknown[] = Object.values(json);
  const isLines = Array.isArray(json) && members.every((member) => typeof member === "string");
  if (isLines) return unwrap(members.join("\n"), layers);
  if (layers === 0) return "";
  return members
    .map((member) => (typeof member === "string" ? unwrap(member, layers) : unwrapJson(member, layers - 1)))
    .filter((member) => member.includes("-----BEGIN ") || isDer(derOf(member)))
    .join("\n");
}

/** @returns undefined if the text is not base64 */
function decodeBase64(text: string): Buffer | undefined {
  const base64 = withoutEscapes(text).replace(/["'`\s]/g, "");
  return /^[A-Za-z0-9+/_-]{16,}={0,2}$/.test(base64) ? Buffer.from(base64, "base64") : undefined;
}

/** Reads bytes as UTF-8 or, as Windows writes text, as UTF-16; undefined if they are not text. */
function textIn(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  try {
    const text = new TextDecoder(isUtf16 ? "utf-16le" : "utf-8", { fatal: true }).decode(bytes);
    return /[^\P{Cc}\t\r\n]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Returns the text that a store of secrets has as bytes. A key in DER becomes base64, which {@link readPrivateKey} reads.
 *
 * @returns undefined for other bytes
 */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  return textIn(bytes) ?? (isDer(bytes) ? Buffer.from(bytes).toString("base64") : undefined);
}

function derOf(text: string): Buffer {
  return decodeBase64(text) ?? Buffer.alloc(0);
}

/** Returns the bytes of a text in base64, perhaps of a key in DER; none if it is not base64. */
export function derIn(text: string): Buffer {
  const plain = unwrap(text);
  return derOf(plain.includes("-----") ? "" : plain);
}

/**
 * Returns whether bytes begin as a key does: a SEQUENCE of ASN.1 that begins with an INTEGER (PKCS#8, PKCS#1, SEC1) or a
 * SEQUENCE (encrypted). Random bytes, such as members of a JWK, hardly ever do.
 */
function isDer(der: Uint8Array): boolean {
  const first = firstTagIn(der);
  return first === tags.integer || first === tags.sequence;
}

const tags = { integer: 0x02, sequence: 0x30 };

/** Returns the tag of the first element of a SEQUENCE; undefined for other bytes. */
function firstTagIn(der: Uint8Array): number | undefined {
  const [tag, length = 0] = der;
  if (tag !== tags.sequence || length === 0x80 || length > 0x83) return undefined;
  // Up to 127 bytes, as of an EC key in SEC1, the length is one byte, which chance produces often: all must be there.
  if (length < 0x80) return der.length === 2 + length ? der[2] : undefined;
  return der[2 + (length - 0x80)];
}

/** Reads the base64 of a key alone: PEM without its first and last line. */
function readDer(text: string): KeyObject | undefined {
  const der = derIn(text);
  if (!isDer(der)) return undefined;
  return (
    privateKeyIn(der) ??
    fail(
      "is base64 without PEM's first line, and not a complete, unencrypted private key: store the complete file",
    )
  );
}

function privateKeyIn(der: Buffer): KeyObject | undefined {
  if (firstTagIn(der) !== tags.integer) return undefined;
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return createPrivateKey({ key: der, format: "der", type });
    } catch {
      // The next one may be a key.
    }
  }
  return undefined;
}

/** Headers (`Comment: …`), which old tools write, are removed. */
function toPem({ label, body }: PemBlock): string {
  const base64 = body.replaceAll(/^[ \t]*[A-Za-z-]+:.*$/gm, "").replace(/[^A-Za-z0-9+/=]/g, "");
  const lines = base64.match(new RegExp(`.{1,${lineLength}}`, "g")) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function problemOf({ label, body }: PemBlock): string | undefined {
  if (label === "ENCRYPTED PRIVATE KEY" || /Proc-Type:.*ENCRYPTED/.test(body)) {
    return "is an encrypted private key: decrypt it first (openssl pkey -in key.pem -out plain.pem)";
  }
  if (label === "OPENSSH PRIVATE KEY") {
    return "is in OpenSSH's own format: convert it (ssh-keygen -p -N '' -m PKCS8 -f key)";
  }
  if (privateLabels.includes(label)) return undefined;
  return `is PEM of another kind (BEGIN ${label}): use the private key, which begins with BEGIN PRIVATE KEY`;
}

/** Describes a text without a complete PEM block. */
function whatElse(text: string): string {
  if (unwrap(text).includes("-----BEGIN ")) {
    return "begins as PEM, but its END line is missing: it is truncated. Store the complete file";
  }
  if (/BEGIN.{1,3}(?:(?!BEGIN)[A-Z ])*PRIVATE.{1,3}KEY/i.test(text)) {
    return "contains BEGIN PRIVATE KEY, but not between five hyphens (-----): characters of the file were replaced. Store it unchanged";
  }
  if (text.trim() === "") return "is empty";
  if (!/\s/.test(text.trim()) && /^[./~]|\.(?:pem|key)$/.test(text.trim())) {
    return "is a path: use the file's content, for example $(cat <file>)";
  }
  if (jwkSchema.safeParse(parseJson(text)).success) {
    return "is a JWK: use the private key as PEM, PKCS#8";
  }
  return "is not PEM: use an unencrypted private key, PKCS#8, which begins with BEGIN PRIVATE KEY";
}
