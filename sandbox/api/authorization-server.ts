import { createHash, timingSafeEqual } from "node:crypto";

import { type Answer, OAuthError } from "./answer";
import type { Cell } from "./cells";
import { AssertionVerifier } from "./client-assertion";
import { type ClientAuthentication, clientAuthenticationOf } from "./client-authentication";
import type { OrganizationClient } from "./organization";
import type { Settings } from "./settings";
import type { TenantApplication, Tenants } from "./tenants";
import { formOf, requestedScopes, type TokenRequest } from "./token-request";
import type { AccessTokens } from "./tokens";
import { organizationScopes } from "./vocabulary";

/** Issues tokens to clients that authenticate. */
export interface AuthorizationServer {
  /** Answers a token request; never rejects. */
  answer(request: TokenRequest): Promise<Answer>;
}

/** What all authorization servers of the sandbox share. */
export interface AuthorizationServerContext {
  settings: () => Settings;
  tokens: AccessTokens;
  /** Called with every credential that is received or sent. */
  noteSecret: (secret: string) => void;
}

/**
 * Creates the organization's authorization server: one client, which authenticates with `private_key_jwt`
 * RS256.
 *
 * @param tokenUrl - returns the server's token URL, which is unknown before it listens
 */
export function organizationAuthorizationServer(
  tokenUrl: () => string,
  client: OrganizationClient,
  context: AuthorizationServerContext,
): AuthorizationServer {
  const verifier = new AssertionVerifier();
  return authorizationServer(context, async (claimed) => {
    const { clientId, keys } = client;
    if (claimed.clientId !== clientId) {
      throw new OAuthError("invalid_client", "there is no such client");
    }
    if (claimed.method !== "private_key_jwt") {
      throw new OAuthError("invalid_client", "this client authenticates with private_key_jwt");
    }
    await verifier.verify(claimed.assertion, { clientId, tokenUrl: tokenUrl(), alg: "RS256", keys });
    return organizationScopes;
  });
}

/**
 * Creates the authorization server of a cell's tenant applications.
 *
 * @param tokenUrl - returns the server's token URL, which is unknown before it listens
 */
export function applicationAuthorizationServer(
  tokenUrl: () => string,
  cell: Cell,
  tenants: Tenants,
  context: AuthorizationServerContext,
): AuthorizationServer {
  const verifier = new AssertionVerifier();
  return authorizationServer(context, async (claimed) => {
    const application = tenants.applicationOfClient(claimed.clientId);
    if (application?.cell !== cell) {
      throw new OAuthError("invalid_client", "there is no such client");
    }
    await assertApplication(claimed, application, tokenUrl(), verifier);
    // It may have been deleted while its assertion was verified.
    if (tenants.applicationOfClient(claimed.clientId) === undefined) {
      throw new OAuthError("invalid_client", "there is no such client");
    }
    return application.scopes;
  });
}

/**
 * @param authenticate - resolves with the scopes the client may have, or rejects with an {@link OAuthError}
 */
function authorizationServer(
  { settings, tokens, noteSecret }: AuthorizationServerContext,
  authenticate: (claimed: ClientAuthentication) => Promise<readonly string[]>,
): AuthorizationServer {
  return {
    async answer(request) {
      try {
        const form = formOf(request);
        noteCredentials(form, noteSecret);
        const { accessTokenTtlS, basicAsItIs } = settings();
        const allowed = await authenticate(
          clientAuthenticationOf(form, request.authorization, { basicAsItIs }),
        );
        const scopes = requestedScopes(form, allowed);
        const accessToken = tokens.issue(scopes, accessTokenTtlS);
        noteSecret(accessToken);
        return {
          status: 200,
          headers: { "cache-control": "no-store", pragma: "no-cache" },
          body: {
            token_type: "Bearer",
            expires_in: accessTokenTtlS,
            access_token: accessToken,
            scope: scopes.join(" "),
          },
        };
      } catch (error) {
        if (error instanceof OAuthError) {
          return error.toAnswer();
        }
        throw error;
      }
    },
  };
}

async function assertApplication(
  claimed: ClientAuthentication,
  { clientId, authentication }: TenantApplication,
  tokenUrl: string,
  verifier: AssertionVerifier,
): Promise<void> {
  if (authentication.type === "CLIENT_SECRET") {
    if (claimed.method !== "client_secret" || !isSame(claimed.clientSecret, authentication.clientSecret)) {
      throw new OAuthError("invalid_client", "the client secret is wrong or missing");
    }
    return;
  }
  if (claimed.method !== "private_key_jwt") {
    throw new OAuthError("invalid_client", "this client authenticates with private_key_jwt");
  }
  const { publicKey, keyObject } = authentication;
  const keys = new Map([[publicKey.kid, keyObject]]);
  await verifier.verify(claimed.assertion, { clientId, tokenUrl, alg: publicKey.alg, keys });
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

function noteCredentials(form: URLSearchParams, noteSecret: (secret: string) => void): void {
  for (const name of ["client_assertion", "client_secret"]) {
    const credential = form.get(name);
    if (credential !== null) {
      noteSecret(credential);
    }
  }
}
