import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";

import { type CryptoKey, importJWK, type JWK, type JWTVerifyGetKey } from "jose";
import { messageOf, parseJson, readPrivateKey } from "pulumi-resistant-tenants/internal/vocabulary";
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
export async function openApprovalKeys(
  settings: ServiceSettings,
  environment: Readonly<Record<string, string | undefined>>,
  issuerFetch: IssuerFetch,
): Promise<ApprovalKeys> {
  const privateText = environment["SERVICE_APPROVAL_KEY"]?.trim();
  const configured = settings.approvals.publicKey as JWK | undefined;
  const issuerKey = findIssuerKey(settings.identity.issuer, issuerFetch);
  if (privateText === undefined || privateText === "") {
    if (configured === undefined)
      throw new ApprovalKeyError(
        "The key that verifies approvals is missing: set its public half in approvals.publicKey of the settings.",
      );
    if ("d" in configured)
      throw new ApprovalKeyError(
        "approvals.publicKey contains a private key: write only the public half there, and replace the key.",
      );
    const algorithm = algorithmOf(configured);
    insistOnSignatures("approvals.publicKey", configured);
    return { signingKey: undefined, publicKey: await importJWK(configured, algorithm), algorithm, issuerKey };
  }
  const { signingKey, publicJwk } = readPrivate(privateText);
  const algorithm = algorithmOf(publicJwk);
  if (configured !== undefined && !isSameKey(configured, publicJwk))
    throw new ApprovalKeyError(
      "SERVICE_APPROVAL_KEY and approvals.publicKey do not match: no worker would accept an approval.",
    );
  return { signingKey, publicKey: await importJWK(publicJwk, algorithm), algorithm, issuerKey };
}

const jwkSchema = z.looseObject({ kty: z.string() });

function readPrivate(text: string): { signingKey: KeyObject; publicJwk: JWK } {
  const signingKey = privateKeyIn(text);
  return { signingKey, publicJwk: createPublicKey(signingKey).export({ format: "jwk" }) };
}

function privateKeyIn(text: string): KeyObject {
  const jwk = jwkSchema.safeParse(parseJson(text)).data as JsonWebKey | undefined;
  if (jwk !== undefined) insistOnSignatures("SERVICE_APPROVAL_KEY", jwk);
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

/** @throws {@link ApprovalKeyError} if a JWK is, by its own members, not for signatures */
function insistOnSignatures(name: string, jwk: object): void {
  const { error } = purposeSchema.safeParse(jwk);
  if (error === undefined) return;
  const members = [...new Set(error.issues.map(({ path }) => `\`${String(path[0])}\``))];
  throw new ApprovalKeyError(
    `${name} is not a key for signatures (${members.join(", ")}): create another key, or correct what its JWK says.`,
  );
}

const algorithms: Readonly<Record<string, string>> = {
  "EC P-256": "ES256",
  "EC P-384": "ES384",
  "OKP Ed25519": "EdDSA",
};

function algorithmOf({ kty, crv }: JWK): string {
  const algorithm = kty === "RSA" ? "PS256" : algorithms[`${kty ?? ""} ${crv ?? ""}`];
  if (algorithm === undefined)
    throw new ApprovalKeyError("The key of approvals must be P-256, P-384, Ed25519 or RSA.");
  return algorithm;
}

function isSameKey(one: JWK, other: JWK): boolean {
  return one.kty === other.kty && one.x === other.x && one.y === other.y && one.n === other.n;
}
