import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/** A key pair, as the state keeps it. */
export interface KeyPair {
  publicKeyPem: string;
  privateKeyPem: string;
  /** Default: the key's thumbprint. */
  keyId?: string;
}

/**
 * Makes a key pair.
 *
 * @param modulusLength of an RSA key, in bits
 */
export async function makeKeyPair(algorithm: "RS256" | "ES256", modulusLength: number): Promise<KeyPair> {
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  const { publicKey, privateKey } =
    algorithm === "RS256"
      ? await generate("rsa", { modulusLength, publicExponent: 65537, publicKeyEncoding, privateKeyEncoding })
      : await generate("ec", { namedCurve: "P-256", publicKeyEncoding, privateKeyEncoding });
  return { publicKeyPem: publicKey, privateKeyPem: privateKey };
}
