import { errors, jwtVerify } from "jose";

import type { ServiceContext } from "../context";
import { Problem } from "../problem";
import { type Account, accountOf } from "./account";

/** The signature algorithms of key pairs. Shared secrets and "none" are never accepted. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/**
 * Verifies a bearer token: a JWT access token (RFC 9068) of the issuer for this API.
 *
 * @throws {@link Problem} `unauthenticated` if it is not one; `unavailable` if the issuer's keys cannot be
 * read
 */
export async function verifyAccessToken(
  { approvals, settings, now }: Pick<ServiceContext, "approvals" | "settings" | "now">,
  token: string,
): Promise<Account> {
  try {
    const { payload } = await jwtVerify(token, approvals.issuerKey, {
      algorithms,
      typ: "at+jwt",
      issuer: settings.identity.issuer,
      audience: settings.identity.audience,
      requiredClaims: ["sub", "exp", "iat"],
      clockTolerance: 5,
      currentDate: now(),
    });
    return accountOf({ ...payload, sub: payload.sub ?? "" }, settings);
  } catch (error) {
    if (error instanceof errors.JOSEError)
      throw new Problem("unauthenticated", "The access token is not valid for this API. Get a new one.");
    throw new Problem("unavailable", "The issuer's keys cannot be read now. Try again later.", undefined, {
      cause: error,
    });
  }
}
