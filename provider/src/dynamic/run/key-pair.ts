import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

import {
  authMethodTable,
  methodOf,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from "../../client/auth-methods";

const generate = promisify(generateKeyPair);

/** A key pair as the state stores it. */
export interface KeyPair {
  publicKeyPem: string;
  privateKeyPem: string;
  /** Default: the key's thumbprint. */
  keyId?: string;
}

/**
 * Creates a key pair.
 *
 * @param modulusLength of an RSA key, in bits
 */
export async function makeKeyPair(algorithm: SignatureAlgorithm, modulusLength: number): Promise<KeyPair> {
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  const { publicKey, privateKey } = hasModulus(algorithm)
    ? await generate("rsa", { modulusLength, publicExponent: 65537, publicKeyEncoding, privateKeyEncoding })
    : await generate("ec", { namedCurve: "P-256", publicKeyEncoding, privateKeyEncoding });
  return { publicKeyPem: publicKey, privateKeyPem: privateKey };
}

/** Returns whether an algorithm's keys have a modulus, and so a length. */
export function hasModulus(algorithm: unknown): boolean {
  const known = signatureAlgorithms.find((each) => each === algorithm);
  return known !== undefined && authMethodTable[methodOf(known)].keyType === "rsa";
}
