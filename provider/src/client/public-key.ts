import { createPublicKey, hash, type JsonWebKey, type KeyObject } from "node:crypto";

import { z } from "zod";

import { signatureAlgorithms } from "./auth-methods";
import { parseJson } from "./json";
import { derIn, holdsPrivateKey, normalizePem } from "./pem";

/** The public half of a tenant application's key in the API's form: integers, sent as exact JSON integers. */
export type PublicKeyNumbers =
  { type: "RSA"; alg: "RS256"; e: number; n: bigint } | { type: "EC"; alg: "ES256"; x: bigint; y: bigint };

/** A parsed public key that the API accepts. */
export interface PublicKey {
  numbers: PublicKeyNumbers;
  /** The key's RFC 7638 thumbprint. */
  thumbprint: string;
  /** The id for the API unless another is given: the JWK's `kid`, else the thumbprint. */
  defaultKeyId: string;
}

/** The API requires a larger key than this, in bits. */
const largestWeakModulusBits = 2048;

const notTaken = "must be an RSA key, or an EC key on the curve P-256";

/** Text in which every character is visible: people compare key ids. */
export const visible = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u;

/** The members of a public JWK about its permitted use, RFC 7517, section 4. */
const jwkSchema = z.looseObject({
  kid: z
    .string({ error: "has a `kid` that is not text" })
    .refine((kid) => kid.trim() !== "", "has an empty `kid`")
    .max(256, "has a `kid` of more than 256 characters")
    .regex(visible, "has a `kid` with control characters or invisible ones")
    .optional(),
  use: z
    .literal("sig", { error: "is not a key for signatures (`use` must be sig): create another key" })
    .optional(),
  alg: z
    .enum(signatureAlgorithms, {
      error: `is for another algorithm (\`alg\` must be ${signatureAlgorithms.join(" or ")}): create another key`,
    })
    .optional(),
  key_ops: z
    .array(z.string({ error: "has `key_ops` that are not a list of texts" }), {
      error: "has `key_ops` that are not a list of texts",
    })
    .refine((operations) => operations.includes("verify") || operations.includes("sign"), {
      error: "is not a key for signatures (`key_ops` must contain verify): create another key",
    })
    .optional(),
});

type Jwk = z.output<typeof jwkSchema>;

const objectSchema = z.record(z.string(), z.unknown());

/** The members that only a private JWK has, RFC 7518, section 6. */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/**
 * Parses a public key, and checks that the API accepts it.
 *
 * @param given PEM (SPKI) or its base64 alone, or a JWK as an object or as JSON text
 * @throws `TypeError` with what is wrong and how to correct it, never with the key's text
 * @see {@link https://www.rfc-editor.org/rfc/rfc7638 RFC 7638, JWK thumbprint}
 */
export function parsePublicKey(given: unknown): Promise<PublicKey> {
  return new Promise((resolve) => {
    const { key, members } = read(given);
    const numbers = numbersOf(key, members);
    const thumbprint = thumbprintOf(toJwk(key));
    resolve({ numbers, thumbprint, defaultKeyId: members.kid ?? thumbprint });
  });
}

/**
 * Reads the numbers of a public key alone, and checks that the API can take it.
 *
 * @param given PEM (SPKI), or a JWK as an object or as JSON text
 * @throws `TypeError`, as {@link parsePublicKey} does
 */
export function readPublicKey(given: unknown): PublicKeyNumbers {
  const { key, members } = read(given);
  return numbersOf(key, members);
}

/**
 * Returns whether two public keys are the same, in any form. Their permitted use does not matter: earlier releases did
 * not check it. A key that cannot be read equals no other: an earlier release may have stored one in a state.
 */
export function isSamePublicKey(one: unknown, other: unknown): boolean {
  const [a, b] = [keyOrNone(one), keyOrNone(other)];
  if (a === undefined || b === undefined) return false;
  // Comparing keys of two types leaves an error in OpenSSL, which Node reports at the next key that it reads.
  return a.asymmetricKeyType === b.asymmetricKeyType && a.equals(b);
}

function keyOrNone(given: unknown): KeyObject | undefined {
  try {
    return toKey(given);
  } catch {
    return undefined;
  }
}

/** A key for signatures, and what its JWK contains besides its numbers. */
function read(given: unknown): { key: KeyObject; members: Jwk } {
  const key = toKey(given);
  const members = jwkSchema.safeParse(jwkIn(given) ?? {});
  if (!members.success) throw new TypeError(members.error.issues.map(({ message }) => message).join("; "));
  return { key, members: members.data };
}

function toKey(given: unknown): KeyObject {
  const jwk = jwkIn(given);
  if (jwk !== undefined) {
    const found = privateMembers.filter((member) => member in jwk);
    if (found.length > 0) {
      throw new TypeError(
        `is a private JWK: remove its private members (${found.map((member) => `\`${member}\``).join(", ")})`,
      );
    }
    if ("keys" in jwk) throw new TypeError("is a set of keys (JWKS): use one of its `keys`");
    return toKeyObject(() => createPublicKey({ key: jwk, format: "jwk" }));
  }
  if (typeof given !== "string" || given.trimStart().startsWith("{")) {
    throw new TypeError("must be a public key: PEM (BEGIN PUBLIC KEY) or a JWK");
  }
  const pem = normalizePem(given);
  if (holdsPrivateKey(given)) {
    throw new TypeError("is a private key: use only the public half (openssl pkey -pubout)");
  }
  return toKeyObject(() => (pem === undefined ? fromDer(derIn(given)) : createPublicKey(pem)));
}

/** Reads a public key without PEM's first and last line, as AWS KMS returns it. */
function fromDer(der: Buffer): KeyObject {
  try {
    return createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return createPublicKey({ key: der, format: "der", type: "pkcs1" });
  }
}

/** Returns a JWK that is given as an object or as JSON text; undefined if it is not one. */
function jwkIn(given: unknown): Record<string, unknown> | undefined {
  if (typeof given !== "string") return objectSchema.safeParse(given).data;
  const text = given.trim();
  return text.startsWith("{") ? objectSchema.safeParse(parseJson(text)).data : undefined;
}

function toKeyObject(make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch (error) {
    throw new TypeError(
      "cannot be read as a public key: use PEM (BEGIN PUBLIC KEY) or a JWK, complete and unchanged",
      {
        cause: error,
      },
    );
  }
}

function numbersOf(key: KeyObject, { alg }: Jwk): PublicKeyNumbers {
  const numbers = toNumbers(toJwk(key));
  if (alg === undefined || alg === numbers.alg) return numbers;
  throw new TypeError(
    `has the \`alg\` ${alg}, but a key of type ${numbers.type} signs ${numbers.alg}: correct \`alg\``,
  );
}

/** Node has no JWK for some kinds of keys, none of which the API accepts. */
function toJwk(key: KeyObject): JsonWebKey {
  try {
    return key.export({ format: "jwk" });
  } catch (error) {
    throw new TypeError(notTaken, { cause: error });
  }
}

/** From the members that RFC 7638 names for the kind of key, in its order, and as Node writes them. */
function thumbprintOf({ kty, crv, e, n, x, y }: JsonWebKey): string {
  return hash("sha256", JSON.stringify(kty === "RSA" ? { e, kty, n } : { crv, kty, x, y }), "base64url");
}

function toNumbers(jwk: JsonWebKey): PublicKeyNumbers {
  if (jwk.kty === "RSA" && jwk.n !== undefined && jwk.e !== undefined) {
    const n = toInteger(jwk.n);
    const bits = n.toString(2).length;
    if (bits <= largestWeakModulusBits) {
      throw new TypeError(
        `is an RSA key of ${bits} bits; the API requires more than ${largestWeakModulusBits}: create one of 3072`,
      );
    }
    if (toInteger(jwk.e) !== 65537n) throw new TypeError("is an RSA key whose exponent is not 65537");
    return { type: "RSA", alg: "RS256", e: 65537, n };
  }
  if (jwk.kty === "EC" && jwk.crv === "P-256" && jwk.x !== undefined && jwk.y !== undefined) {
    return { type: "EC", alg: "ES256", x: toInteger(jwk.x), y: toInteger(jwk.y) };
  }
  throw new TypeError(notTaken);
}

function toInteger(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, "base64url").toString("hex")}`);
}
