import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";

import type { CryptoKey, JWTVerifyGetKey } from "jose";
import {
  messageOf,
  parseJson,
  readPrivateKey,
  smallestModulusBits,
} from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { IssuerFetch } from "../identity/issuer-fetch";
import type { ServiceSettings } from "../settings/settings";
import { findIssuerKey } from "../signing/issuer-keys";

type Key = CryptoKey | KeyObject | Uint8Array;

/** The keys that sign and verify approvals. */
export interface ApprovalKeys {
  /** The service's private key, which only the web process has. */
  signingKey: Key | undefined;
  /** Its public half. */
  publicKey: Key;
  /** The algorithm of both. */
  algorithm: string;
  /** Finds the key with which the identity provider signed an ID token. */
  issuerKey: JWTVerifyGetKey;
}

/** Thrown if there are no keys to sign or verify approvals. */
export class ApprovalKeyError extends Error {
  override readonly name = "ApprovalKeyError";
}

/**
 * Opens the keys of approvals.
 *
 * @param environment - Only the web process has `SERVICE_APPROVAL_KEY`, a private JWK or PEM in any form that
 * `TENANTS_PRIVATE_KEY` may have. Without it, `approvals.publicKey` of the settings verifies.
 * @param issuerFetch - Fetches the keys with which the identity provider signs ID tokens.
 * @throws {@link ApprovalKeyError} if both are missing, or do not belong together
 */
export function openApprovalKeys(
  settings: ServiceSettings,
  environment: Readonly<Record<string, string | undefined>>,
  issuerFetch: IssuerFetch,
): ApprovalKeys {
  const issuerKey = findIssuerKey(settings.identity.issuer, issuerFetch);
  return { ...ownKeys(settings, environment), issuerKey };
}

function ownKeys(
  settings: ServiceSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Omit<ApprovalKeys, "issuerKey"> {
  const privateText = environment["SERVICE_APPROVAL_KEY"]?.trim();
  const { publicKey: given } = settings.approvals;
  const configured = given === undefined ? undefined : publicKeyIn(given);
  if (privateText === undefined || privateText === "") {
    if (configured === undefined)
      throw new ApprovalKeyError(
        "The key that verifies approvals is missing: set its public half in approvals.publicKey of the settings.",
      );
    return { signingKey: undefined, publicKey: configured, algorithm: algorithmOf(configured) };
  }
  const signingKey = privateKeyIn(privateText);
  const publicKey = createPublicKey(signingKey);
  if (configured !== undefined && !isSameKey(configured, publicKey))
    throw new ApprovalKeyError(
      "SERVICE_APPROVAL_KEY and approvals.publicKey do not match: no worker would accept an approval.",
    );
  return { signingKey, publicKey, algorithm: algorithmOf(publicKey) };
}

const jwkSchema = z.looseObject({ kty: z.string() });

function privateKeyIn(text: string): KeyObject {
  const jwk = jwkSchema.safeParse(parseJson(text)).data as JsonWebKey | undefined;
  const key = toPrivateKey(text, jwk);
  insistOnSignatures("SERVICE_APPROVAL_KEY", jwk ?? {}, key);
  return key;
}

function toPrivateKey(text: string, jwk: JsonWebKey | undefined): KeyObject {
  try {
    return jwk === undefined ? readPrivateKey(text) : createPrivateKey({ key: jwk, format: "jwk" });
  } catch (error) {
    // Node's own message about a JWK may contain a part of the key.
    const why = jwk === undefined ? messageOf(error) : "is a JWK, but not a complete private one";
    throw new ApprovalKeyError(
      `SERVICE_APPROVAL_KEY ${why}. It must be a private JWK or PEM for signing: P-256, P-384, Ed25519 or RSA.`,
    );
  }
}

function publicKeyIn(jwk: JsonWebKey): KeyObject {
  if ("d" in jwk)
    throw new ApprovalKeyError(
      "approvals.publicKey contains a private key: write only the public half there, and replace the key.",
    );
  const key = toPublicKey(jwk);
  insistOnSignatures("approvals.publicKey", jwk, key);
  return key;
}

function toPublicKey(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    throw new ApprovalKeyError(
      "approvals.publicKey cannot be read as a public JWK: write it complete and unchanged. It must be a key for signing: P-256, P-384, Ed25519 or RSA.",
    );
  }
}

/** The members of a JWK about its permitted use, RFC 7517, section 4. */
const purposeSchema = z.object({
  use: z.literal("sig").optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes("sign") || operations.includes("verify"))
    .optional(),
  alg: z
    .string()
    .regex(/^(?:(?:RS|PS|ES)\d{3}|EdDSA|Ed25519)$/)
    .optional(),
});

/** @throws {@link ApprovalKeyError} if a JWK is, by its own members, not for the signatures that its key makes here */
function insistOnSignatures(name: string, jwk: object, key: KeyObject): void {
  const { data, error } = purposeSchema.safeParse(jwk);
  if (error !== undefined) {
    const members = [...new Set(error.issues.map(({ path }) => `\`${String(path[0])}\``))];
    throw new ApprovalKeyError(
      `${name} is not a key for signatures (${members.join(", ")}): create another key, or correct what its JWK says.`,
    );
  }
  const algorithm = algorithmOf(key);
  const named = data.alg === "Ed25519" ? "EdDSA" : data.alg;
  if (named !== undefined && named !== algorithm)
    throw new ApprovalKeyError(
      `${name} is for another algorithm (\`alg\`): its signatures of approvals are ${algorithm}. Set \`alg\` to that, or remove it; the key stays the same.`,
    );
}

const algorithms: Readonly<Record<string, string>> = {
  rsa: "PS256",
  "ec prime256v1": "ES256",
  "ec secp384r1": "ES384",
  ed25519: "EdDSA",
};

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string {
  const { namedCurve, modulusLength = smallestModulusBits } = asymmetricKeyDetails;
  const algorithm =
    algorithms[[asymmetricKeyType, namedCurve].filter((part) => part !== undefined).join(" ")];
  if (algorithm === undefined || modulusLength < smallestModulusBits)
    throw new ApprovalKeyError(
      `The key of approvals must be P-256, P-384, Ed25519, or RSA of at least ${smallestModulusBits} bits.`,
    );
  return algorithm;
}

/** Comparing keys of two types leaves an error in OpenSSL, which Node reports at the next key that it reads. */
function isSameKey(one: KeyObject, other: KeyObject): boolean {
  return one.asymmetricKeyType === other.asymmetricKeyType && one.equals(other);
}
