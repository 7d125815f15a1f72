import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { z } from "zod";

import { messageOf } from "./errors";
import { parseJson } from "./json";

/** The public half of a tenant application's key, as the API wants it: integers, which leave as exact JSON integers. */
export type PublicKeyNumbers =
  { type: "RSA"; alg: "RS256"; e: number; n: bigint } | { type: "EC"; alg: "ES256"; x: bigint; y: bigint };

/** A public key that was read and found fit for a tenant application. */
export interface PublicKey {
  numbers: PublicKeyNumbers;
  /** The key's own name, whatever form it came in: its RFC 7638 thumbprint. */
  thumbprint: string;
}

/** The API wants a key larger than this, in bits. */
const largestWeakModulusBits = 2048;

const notTaken = "must be an RSA key, or an EC key on the curve P-256";

const jwkSchema = z.record(z.string(), z.unknown());

/**
 * Reads a public key, and checks that the API can take it.
 *
 * @param given PEM (SPKI), or a JWK as an object or as JSON text
 * @throws `TypeError` with what is wrong and what would be right; never with the key's own text.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7638 RFC 7638, JWK thumbprint}
 */
export async function parsePublicKey(given: unknown): Promise<PublicKey> {
  const jwk = toJwk(toKeyObject(given));
  const numbers = toNumbers(jwk);
  return {
    numbers,
    thumbprint: await calculateJwkThumbprint(jwk),
  };
}

/**
 * Reads the numbers of a public key alone, and checks that the API can take it.
 *
 * @param given PEM (SPKI), or a JWK as an object or as JSON text
 * @throws `TypeError`, as {@link parsePublicKey} does
 */
export function readPublicKey(given: unknown): PublicKeyNumbers {
  return toNumbers(toJwk(toKeyObject(given)));
}

function toKeyObject(given: unknown): KeyObject {
  if (typeof given === "string" && !given.trimStart().startsWith("{")) {
    if (/PRIVATE KEY/.test(given)) {
      throw new TypeError("is a private key: give the public half only (openssl pkey -pubout)");
    }
    return readKey(() => createPublicKey(given));
  }
  const jwk = jwkSchema.safeParse(typeof given === "string" ? parseJson(given) : given);
  if (!jwk.success) throw new TypeError("must be a public key: PEM (BEGIN PUBLIC KEY) or a JWK");
  if ("d" in jwk.data) throw new TypeError("is a private JWK: leave out `d` and the other private members");
  return readKey(() => createPublicKey({ key: jwk.data, format: "jwk" }));
}

function readKey(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (error) {
    throw new TypeError(`cannot be read as a public key (PEM SPKI or JWK): ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Node has no JWK for some kinds of keys: the API takes none of them. */
function toJwk(key: KeyObject): JsonWebKey {
  try {
    return key.export({ format: "jwk" });
  } catch (error) {
    throw new TypeError(notTaken, { cause: error });
  }
}

function toNumbers(jwk: JsonWebKey): PublicKeyNumbers {
  if (jwk.kty === "RSA" && jwk.n !== undefined && jwk.e !== undefined) {
    const n = toInteger(jwk.n);
    const bits = n.toString(2).length;
    if (bits <= largestWeakModulusBits) {
      throw new TypeError(
        `is an RSA key of ${bits} bits; the API wants more than ${largestWeakModulusBits}: make one of 3072`,
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
