import { createPublicKey, type KeyObject } from "node:crypto";

/** The public key of a tenant application that authenticates with RS256. */
export interface RsaPublicKey {
  type: "RSA";
  alg: "RS256";
  kid: string;
  /** 65537: the contract allows no other. */
  e: bigint;
  n: bigint;
}

/** The public key of a tenant application that authenticates with ES256. */
export interface EcPublicKey {
  type: "EC";
  alg: "ES256";
  kid: string;
  x: bigint;
  y: bigint;
}

/** A modulus must be longer than this, in bits: 2048 is too short. */
const modulusLimit = 2048;
/** The length of a P-256 coordinate, in bytes. */
const coordinateLength = 32;

/**
 * Creates the key that verifies signatures from the integers with which an application was registered.
 *
 * @throws TypeError with what is wrong with the key
 * @see [RFC 7518, section 6](https://www.rfc-editor.org/rfc/rfc7518#section-6)
 */
export function toKeyObject(key: RsaPublicKey | EcPublicKey): KeyObject {
  return key.type === "RSA" ? toRsaKey(key) : toEcKey(key);
}

function toRsaKey({ n, e }: RsaPublicKey): KeyObject {
  if (n <= 0n || n % 2n === 0n) {
    throw new TypeError("n is not the modulus of an RSA key");
  }
  const length = n.toString(2).length;
  if (length <= modulusLimit) {
    throw new TypeError(`n has ${length} bits: the key must be larger than ${modulusLimit} bits`);
  }
  return createPublicKey({ format: "jwk", key: { kty: "RSA", n: toBase64Url(n), e: toBase64Url(e) } });
}

function toEcKey({ x, y }: EcPublicKey): KeyObject {
  for (const [name, coordinate] of Object.entries({ x, y })) {
    if (coordinate < 0n || coordinate >= 1n << BigInt(8 * coordinateLength)) {
      throw new TypeError(`${name} is not a coordinate on P-256`);
    }
  }
  const key = {
    kty: "EC",
    crv: "P-256",
    x: toBase64Url(x, coordinateLength),
    y: toBase64Url(y, coordinateLength),
  };
  try {
    return createPublicKey({ format: "jwk", key });
  } catch (cause) {
    throw new TypeError("x and y are no point on P-256", { cause });
  }
}

function toBase64Url(integer: bigint, length?: number): string {
  const digits = integer.toString(16);
  const width = length === undefined ? digits.length + (digits.length % 2) : 2 * length;
  return Buffer.from(digits.padStart(width, "0"), "hex").toString("base64url");
}
