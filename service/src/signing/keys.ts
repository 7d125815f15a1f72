import { createPublicKey } from "node:crypto";

import {
  type CryptoKey,
  exportJWK,
  importJWK,
  importPKCS8,
  type JWK,
  type JWTVerifyGetKey,
  type KeyObject,
} from "jose";

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
 * @param environment - Only the web process has `SERVICE_APPROVAL_KEY`, a private JWK or PKCS #8 PEM. Without
 * it, `approvals.publicKey` of the settings verifies.
 * @throws {@link ApprovalKeyError} if both are missing, or do not belong together
 */
export async function openApprovalKeys(
  settings: ServiceSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ApprovalKeys> {
  const privateText = environment["SERVICE_APPROVAL_KEY"]?.trim();
  const configured = settings.approvals.publicKey as JWK | undefined;
  const issuerKey = findIssuerKey(settings.identity.issuer);
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
    return { signingKey: undefined, publicKey: await importJWK(configured, algorithm), algorithm, issuerKey };
  }
  const { signingKey, publicJwk } = await readPrivate(privateText);
  const algorithm = algorithmOf(publicJwk);
  if (configured !== undefined && !isSameKey(configured, publicJwk))
    throw new ApprovalKeyError(
      "SERVICE_APPROVAL_KEY and approvals.publicKey do not match: no worker would accept an approval.",
    );
  return { signingKey, publicKey: await importJWK(publicJwk, algorithm), algorithm, issuerKey };
}

async function readPrivate(text: string): Promise<{ signingKey: Key; publicJwk: JWK }> {
  try {
    if (text.startsWith("{")) {
      const jwk = JSON.parse(text) as JWK;
      const publicJwk = createPublicKey({ key: jwk, format: "jwk" }).export({ format: "jwk" }) as JWK;
      return { signingKey: await importJWK(jwk, algorithmOf(publicJwk)), publicJwk };
    }
    const publicJwk = await exportJWK(createPublicKey(text));
    return { signingKey: await importPKCS8(text, algorithmOf(publicJwk)), publicJwk };
  } catch {
    // A parser's message may contain a part of the key.
    throw new ApprovalKeyError(
      "SERVICE_APPROVAL_KEY must be a private JWK or PKCS #8 PEM for signing: P-256, Ed25519 or RSA.",
    );
  }
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
