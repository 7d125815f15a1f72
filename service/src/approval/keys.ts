import { createPublicKey } from "node:crypto";

import {
  createRemoteJWKSet,
  type CryptoKey,
  exportJWK,
  importJWK,
  importPKCS8,
  type JWK,
  type JWTVerifyGetKey,
  type KeyObject,
} from "jose";

import type { ServiceSettings } from "../settings/settings";

type Key = CryptoKey | KeyObject | Uint8Array;

/** The keys with which approvals are signed and verified. */
export interface ApprovalKeys {
  /** The service's own private key: the web process alone has it. */
  signingKey: Key | undefined;
  /** Its public half. */
  publicKey: Key;
  /** The algorithm of both. */
  algorithm: string;
  /** Finds the key with which the identity provider signed an ID token. */
  issuerKey: JWTVerifyGetKey;
}

/** Is thrown where there are no keys to sign or verify approvals with. */
export class ApprovalKeyError extends Error {
  override readonly name = "ApprovalKeyError";
}

/**
 * Opens the keys of approvals.
 *
 * @param environment - `SERVICE_APPROVAL_KEY`, a private JWK or PKCS #8 PEM, is the web process's alone. Without it,
 *   `approvals.publicKey` of the settings verifies.
 * @throws {@link ApprovalKeyError} where there is neither, or the two do not belong together
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
        "Nothing says by which key approvals are verified: write its public half to approvals.publicKey of the settings.",
      );
    if ("d" in configured)
      throw new ApprovalKeyError(
        "approvals.publicKey holds a private key: write its public half there alone, and replace the key.",
      );
    const algorithm = algorithmOf(configured);
    return { signingKey: undefined, publicKey: await importJWK(configured, algorithm), algorithm, issuerKey };
  }
  const { signingKey, publicJwk } = await readPrivate(privateText);
  const algorithm = algorithmOf(publicJwk);
  if (configured !== undefined && !isSameKey(configured, publicJwk))
    throw new ApprovalKeyError(
      "SERVICE_APPROVAL_KEY and approvals.publicKey do not belong together: no worker would count an approval.",
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
    // What a parser says of it may hold a part of it.
    throw new ApprovalKeyError(
      "SERVICE_APPROVAL_KEY is neither a private JWK nor a PKCS #8 PEM of a kind that signs: P-256, Ed25519 or RSA.",
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

/** Reads where the issuer's keys are when one is needed first, and again where that failed. */
function findIssuerKey(issuer: string): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined;
  return async (header, token) => {
    found ??= discover(issuer);
    try {
      return await (
        await found
      )(header, token);
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const answer = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(10_000),
    redirect: "error",
  });
  if (!answer.ok) throw new ApprovalKeyError(`The issuer ${issuer} answered ${answer.status}.`);
  const { issuer: named, jwks_uri: address } = (await answer.json()) as {
    issuer?: string;
    jwks_uri?: string;
  };
  if (named !== issuer || address === undefined)
    throw new ApprovalKeyError(`The issuer at ${issuer} calls itself ${named ?? "nothing"}.`);
  return createRemoteJWKSet(new URL(address));
}
