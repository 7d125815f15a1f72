import { createPrivateKey, type KeyObject, randomUUID } from "node:crypto";
import { SignJWT } from "jose";

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

/**
 * Signs client assertions with a key in memory.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523, section 3}
 */
export function signerFor(key: KeyObject): AssertionSigner {
  return ({ clientId, audience, keyId }) =>
    new SignJWT()
      .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${assertionLifetimeS}s`)
      .setJti(randomUUID())
      .sign(key);
}
