import { createPrivateKey, type KeyObject, randomUUID, sign } from "node:crypto";
import { promisify } from "node:util";

import { messageOf, TenantManagementError } from "./errors";

/** What a client assertion is made for. */
export interface AssertionRequest {
  clientId: string;
  /** The token URL: Okta wants it as `aud`. */
  audience: string;
  /** The `kid` header, where the vendor knows several keys of the organization. */
  keyId?: string;
}

/** Makes a signed client assertion. The key behind it may be in memory or out of reach. */
export type AssertionSigner = (request: AssertionRequest) => Promise<string>;

/** How long an assertion is good for, in seconds; the vendor allows at most 3600. */
const assertionLifetimeS = 300;

/**
 * Reads the organization's private key.
 *
 * @param pem PKCS#8 PEM; line ends may be written as `\n`, as some CI systems keep them
 * @param source where the key came from, for the error's text
 * @throws {@link TenantManagementError} `INPUT_INVALID`, which never holds any of the key's text.
 */
export function readOrganizationKey(pem: string, source: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem.replaceAll("\\n", "\n"));
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `The organization's private key in ${source} cannot be read (${messageOf(error)}). ` +
        "Give it as PEM, PKCS#8, not encrypted: it begins with BEGIN PRIVATE KEY.",
    );
  }
  if (key.asymmetricKeyType !== "rsa") {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `The organization's private key in ${source} is not an RSA key. The vendor wants RSA (RS256).`,
    );
  }
  return key;
}

/** How an assertion is signed: with an RSA key, or with an EC key on P-256. */
export type SignatureAlgorithm = "RS256" | "ES256";

/** Signs bytes, as one {@link SignatureAlgorithm} says. The key behind it may be in memory or out of reach. */
export type SignBytes = (bytes: Buffer) => Promise<Uint8Array>;

/**
 * Makes client assertions that something else signs.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523, section 3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-5.1 RFC 7515, section 5.1}
 */
export function assertionSigner(alg: SignatureAlgorithm, signBytes: SignBytes): AssertionSigner {
  return async ({ clientId, audience, keyId }) => {
    const nowS = Math.floor(Date.now() / 1000);
    const header = { alg, typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) };
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: audience,
      iat: nowS,
      exp: nowS + assertionLifetimeS,
      jti: randomUUID(),
    };
    const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join(".");
    return `${signed}.${base64url(await signBytes(Buffer.from(signed)))}`;
  };
}

/** Makes client assertions with a key in memory. */
export function signerFor(key: KeyObject): AssertionSigner {
  const alg = key.asymmetricKeyType === "rsa" ? "RS256" : "ES256";
  return assertionSigner(alg, (bytes) =>
    promisify(sign)("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }),
  );
}

function base64url(data: string | Uint8Array): string {
  return Buffer.from(data).toString("base64url");
}
