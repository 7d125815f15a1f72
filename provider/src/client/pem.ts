import { createPrivateKey, type KeyObject } from "node:crypto";
import { z } from "zod";

import { parseJson } from "./json";

/** A block of PEM: its label, and what stands between its two lines. */
interface PemBlock {
  label: string;
  body: string;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

const jsonSchema = z.union([z.string(), z.record(z.string(), z.unknown())]);

/** The length of a line of PEM, RFC 7468. */
const lineLength = 64;

/** Which private keys are read, by the label of their PEM: PKCS#8, PKCS#1 and SEC 1. */
const privateLabels = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

/**
 * Reads a private key in the forms in which CI systems and secret stores keep it: PEM, indented, quoted, on one line, with
 * its line ends written as `\n`, in base64, as a JSON string, or as the one key among the members of a JSON object.
 *
 * @throws `TypeError` with what the text is instead, and what to do; never with any of its text
 * @see {@link https://www.rfc-editor.org/rfc/rfc7468 RFC 7468, PEM}
 */
export function readPrivateKey(text: string): KeyObject {
  const [first, another] = pemBlocksOf(text).filter(({ label }) => label !== "EC PARAMETERS");
  if (first === undefined) throw new TypeError(whatElse(text));
  if (another !== undefined) throw new TypeError("holds more than one PEM block: keep the private key alone");
  const problem = problemOf(first);
  if (problem !== undefined) throw new TypeError(problem);
  try {
    return createPrivateKey(toPem(first));
  } catch (error) {
    throw new TypeError(
      `begins with BEGIN ${first.label}, and what follows is not such a key: it is cut off or damaged. Store the file again`,
      { cause: error },
    );
  }
}

/**
 * Writes PEM as it is defined, whatever form CI systems and secret stores keep it in.
 *
 * @returns undefined where the text holds no PEM block
 */
export function normalizePem(text: string): string | undefined {
  const [first] = pemBlocksOf(text);
  return first === undefined ? undefined : toPem(first);
}

function pemBlocksOf(text: string): PemBlock[] {
  const unwrapped = unwrap(text);
  return [...unwrapped.matchAll(block)].map(([, label = "", body = ""]) => ({ label, body }));
}

/** Takes off what is around the PEM: JSON, quotes, written-out line ends, base64. */
function unwrap(text: string): string {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  const json = jsonSchema.safeParse(parseJson(trimmed)).data;
  if (typeof json === "string") return unwrapPlain(json);
  if (json === undefined) return unwrapPlain(trimmed);
  const members = Object.values(json).filter((value) => typeof value === "string");
  return members
    .map(unwrapPlain)
    .filter((member) => member.includes("-----BEGIN "))
    .join("\n");
}

function unwrapPlain(text: string): string {
  if (text.includes("-----BEGIN ")) return text.replaceAll(/\\[nrt]/g, "\n");
  const decoded = Buffer.from(text.replace(/["'\s]/g, ""), "base64").toString("latin1");
  return decoded.includes("-----BEGIN ") ? decoded : text;
}

function toPem({ label, body }: PemBlock): string {
  const base64 = body.replace(/[^A-Za-z0-9+/=]/g, "");
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
  return `is PEM of another kind (BEGIN ${label}): give the private key, which begins with BEGIN PRIVATE KEY`;
}

/** Says what a text without a whole PEM block is. */
function whatElse(text: string): string {
  if (unwrap(text).includes("-----BEGIN ")) {
    return "begins as PEM, and its END line is missing: it is cut off. Store the whole file";
  }
  if (text.trim() === "") return "is empty";
  if (!/\s/.test(text.trim()) && /^[./~]|\.(?:pem|key)$/.test(text.trim())) {
    return "is a path: give the file's content, for example $(cat <file>)";
  }
  return "is no PEM: give a private key, PKCS#8, not encrypted; it begins with BEGIN PRIVATE KEY";
}
