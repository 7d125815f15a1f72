import { type KeyObject, randomUUID } from "node:crypto";

import { base64url, type JWTPayload, SignJWT } from "jose";

import {
  algorithmOf,
  authMethodTable,
  keyMethods,
  type SignatureAlgorithm,
  smallestModulusBits,
} from "./auth-methods";
import { TenantManagementError } from "./errors";
import { readPrivateKey } from "./pem";
import { messageOf } from "./text";

/** The contents of a client assertion. */
export interface AssertionRequest {
  clientId: string;
  /** The token URL: Okta requires it as `aud`. */
  audience: string;
  /** The `kid` header, if the vendor knows several keys of the organization. */
  keyId?: string;
}

/** Creates a signed client assertion. The key may be in memory or elsewhere. */
export type AssertionSigner = (request: AssertionRequest) => Promise<string>;

/** How long an assertion is valid, in seconds; the vendor allows at most 3600. */
const assertionLifetimeS = 300;

/**
 * Reads the organization's private key.
 *
 * @param text the key in any form that {@link readPrivateKey} reads
 * @param source where the key came from, for error messages
 * @throws {@link TenantManagementError} `INPUT_INVALID`, never with any of the key's text
 */
export function readOrganizationKey(text: string, source: string): KeyObject {
  const refused = (problem: string, cause?: unknown): TenantManagementError =>
    new TenantManagementError(
      "INPUT_INVALID",
      `The organization's private key in ${source} ${problem}.`,
      cause === undefined ? undefined : { cause },
    );
  let key: KeyObject;
  try {
    key = readPrivateKey(text);
  } catch (error) {
    throw refused(messageOf(error), error);
  }
  if (key.asymmetricKeyType !== "rsa") throw refused("is not an RSA key. The vendor requires RSA (RS256)");
  const bits = key.asymmetricKeyDetails?.modulusLength ?? smallestModulusBits;
  if (bits < smallestModulusBits)
    throw refused(
      `has ${bits} bits, but RS256 requires at least ${smallestModulusBits}. Create another one, and register its public half with the vendor`,
    );
  return key;
}

/** Creates client assertions with a key in memory. */
export function signerFor(key: KeyObject): AssertionSigner {
  const method = keyMethods.find((each) => authMethodTable[each].keyType === key.asymmetricKeyType);
  if (method === undefined) throw new TypeError("is a key of a type that client assertions do not support");
  const alg = algorithmOf(method);
  return (request) => new SignJWT(claimsOf(request)).setProtectedHeader(headerOf(alg, request)).sign(key);
}

/**
 * Creates client assertions with an external signer, which holds the key: no JWT library does that.
 *
 * @param signBytes signs bytes according to `alg`
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-5.1 RFC 7515, section 5.1}
 */
export function remoteSigner(
  alg: SignatureAlgorithm,
  signBytes: (bytes: Buffer) => Promise<Uint8Array>,
): AssertionSigner {
  return async (request) => {
    const parts = [headerOf(alg, request), claimsOf(request)];
    const signed = parts.map((part) => base64url.encode(JSON.stringify(part))).join(".");
    return `${signed}.${base64url.encode(await signBytes(Buffer.from(signed)))}`;
  };
}

function headerOf(
  alg: SignatureAlgorithm,
  { keyId }: AssertionRequest,
): { alg: SignatureAlgorithm; typ: "JWT"; kid?: string } {
  return { alg, typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) };
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523, section 3} */
function claimsOf({ clientId, audience }: AssertionRequest): JWTPayload {
  const nowS = Math.floor(Date.now() / 1000);
  return {
    iss: clientId,
    sub: clientId,
    aud: audience,
    iat: nowS,
    exp: nowS + assertionLifetimeS,
    jti: randomUUID(),
  };
}
