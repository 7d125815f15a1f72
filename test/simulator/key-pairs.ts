import { createPublicKey, generateKeyPairSync, hash, type KeyObject, randomBytes } from "node:crypto";

import type { KeyPair } from "../../provider/src/dynamic/run/key-pair";

/** The modulus of every RSA key here, in bytes: a little more than the API's least. */
const modulusBytes = 264;

/** How the private half of an RSA key begins here. */
const privateHalf = "the private half of ";

/** Returns whether a text holds a private key that {@link makeKeyPairAtOnce} has made. */
export function isPrivateKeyIn(text: string): boolean {
  return text.includes("PRIVATE KEY") || text.includes(privateHalf);
}

/** Gives the thumbprint of a private key that {@link makeKeyPairAtOnce} has made. */
export function keyIdOf(privateKeyPem: string): string {
  const isRsa = privateKeyPem.startsWith(privateHalf);
  const publicHalf = isRsa
    ? publicKeyOf(privateKeyPem.slice(privateHalf.length))
    : createPublicKey(privateKeyPem);
  return thumbprintOf(publicHalf);
}

/** Gives the thumbprint of a public key. */
export function thumbprintOf(publicKey: KeyObject): string {
  const { crv, e, kty, n, x, y } = publicKey.export({ format: "jwk" });
  return hash("sha256", JSON.stringify(kty === "RSA" ? { e, kty, n } : { crv, kty, x, y }), "base64url");
}

/**
 * Makes a key pair in no time. An RSA key costs tenths of a second, so its public half is any number of the right length,
 * and its private half a text that nobody signs with: what is looked at is where the halves go.
 */
export function makeKeyPairAtOnce(algorithm: "RS256" | "ES256"): Promise<KeyPair> {
  if (algorithm === "ES256") {
    const { publicKey, privateKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    return Promise.resolve({ publicKeyPem: publicKey, privateKeyPem: privateKey });
  }
  const modulus = randomBytes(modulusBytes);
  modulus[0] = 0xc1;
  modulus[modulusBytes - 1] = 0x0b;
  const n = modulus.toString("base64url");
  const publicKeyPem = publicKeyOf(n).export({ type: "spki", format: "pem" }).toString();
  return Promise.resolve({ publicKeyPem, privateKeyPem: `${privateHalf}${n}` });
}

/** @param n the modulus of an RSA key */
function publicKeyOf(n: string): KeyObject {
  return createPublicKey({ key: { kty: "RSA", e: "AQAB", n }, format: "jwk" });
}
