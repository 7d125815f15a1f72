import type { KeyObject } from "node:crypto";

import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";

import { OAuthError } from "./answer";

/** The only type of client assertion. */
export const clientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The expected values of a client assertion. */
export interface AssertionExpectation {
  clientId: string;
  /** The URL of the token endpoint: the assertion's `aud`. */
  tokenUrl: string;
  alg: "RS256" | "ES256";
  /** The registered public keys, by key id. */
  keys: ReadonlyMap<string, KeyObject>;
}

/** How far `exp` may be after `iat`, which is never in the future, in seconds. */
const longestLifetimeS = 3600;

/**
 * Verifies client assertions completely and never accepts one twice.
 *
 * @see [RFC 7523, section 3](https://www.rfc-editor.org/rfc/rfc7523#section-3)
 */
export class AssertionVerifier {
  readonly #accepted = new Set<string>();

  /**
   * @throws OAuthError `invalid_client`, saying which check failed
   */
  async verify(assertion: string, expected: AssertionExpectation): Promise<void> {
    const { clientId, tokenUrl, alg } = expected;
    const key = keyOf(assertion, expected);
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(assertion, key, {
        algorithms: [alg],
        audience: tokenUrl,
        issuer: clientId,
        subject: clientId,
        requiredClaims: ["iat", "exp", "jti"],
      }));
    } catch (cause) {
      throw refusal(cause instanceof Error ? cause.message : "cannot be verified", cause);
    }
    assertClaims(payload);
    const use = JSON.stringify([clientId, payload.jti]);
    if (this.#accepted.has(use)) {
      throw refusal("its jti has been used before: an assertion is good for one request");
    }
    this.#accepted.add(use);
  }
}

/** Returns the unverified client id of an assertion; undefined if it is not a JWT. */
export function claimedClientId(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).sub;
  } catch {
    return undefined;
  }
}

function keyOf(assertion: string, { keys }: AssertionExpectation): KeyObject {
  let kid: string | undefined;
  try {
    ({ kid } = decodeProtectedHeader(assertion));
  } catch (cause) {
    throw refusal("it is not a JWT", cause);
  }
  if (kid === undefined && keys.size > 1) {
    throw refusal("several keys are registered for this client: its header must name one as kid");
  }
  const key = kid === undefined ? [...keys.values()][0] : keys.get(kid);
  if (key === undefined) {
    throw refusal("no key with its kid is registered for this client");
  }
  return key;
}

/** Checks what `jwtVerify` does not. Whole seconds are rounded up in the client's favour. */
function assertClaims({ aud, iat, exp, jti }: JWTPayload): void {
  const now = Math.ceil(Date.now() / 1000);
  if (typeof aud !== "string") {
    throw refusal("its aud must be the token URL alone");
  }
  if (iat === undefined || iat > now) {
    throw refusal("its iat is in the future");
  }
  if (exp === undefined || exp - iat > longestLifetimeS) {
    throw refusal("its exp is more than 60 minutes ahead");
  }
  if (typeof jti !== "string" || jti === "") {
    throw refusal("its jti must be a text that is not empty");
  }
}

function refusal(reason: string, cause?: unknown): OAuthError {
  return new OAuthError("invalid_client", `the client assertion is refused: ${reason}`, { cause });
}
