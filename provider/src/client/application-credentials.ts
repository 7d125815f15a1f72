import type { KeyObject } from "node:crypto";

import * as oauth from "oauth4webapi";

import { serverRefusals } from "./as-asked";
import { signerFor } from "./assertion";
import { type KeyMethod, type SecretMethod } from "./auth-methods";
import { TenantManagementError } from "./errors";
import { type HostRules, wayToAllow } from "./hosts";
import { patienceMs, type RetryPolicy, withRetries } from "./retry";
import type { ApiApplication } from "./schemas";
import { printable } from "./text";
import { byAssertion, isInvalidClient, requestToken } from "./token-endpoint";
import type { Transport } from "./transport";

/** An application's credentials at its authorization server. */
export type ApplicationCredentials =
  { type: SecretMethod; clientSecret: string } | { type: KeyMethod; privateKey: KeyObject; keyId: string };

/** Where an application is, and which hosts it may name. */
export interface ApplicationPlace extends HostRules {
  tenantId: string;
}

/**
 * Gets a token for all scopes with an application's credentials, and discards it. Whatever the API returns, the
 * credentials go only to servers of the vendor or hosts that the environment allows.
 *
 * @throws {@link TenantManagementError} `TOKEN_REFUSED` if they are not the application's; `ANSWER_INVALID` if its
 *   servers are at hosts that are not allowed
 */
export async function proveCredentials(
  application: ApiApplication,
  credentials: ApplicationCredentials,
  { tenantId, ...rules }: ApplicationPlace,
  transport: Transport,
  retryPolicy: RetryPolicy,
): Promise<void> {
  const { applicationId, clientId, tokenUrl, scopes, cell } = application;
  const place = `Tenant ${printable(tenantId)}, cell ${cell} (stage ${rules.stage})`;
  const refusals = serverRefusals(application, rules);
  if (refusals.length > 0) {
    const problems = refusals.map(({ problem }) => problem).join("; ");
    throw new TenantManagementError(
      "ANSWER_INVALID",
      `${place}: the API reports for application ${applicationId}: ${problems}. No credential was sent there. Tell the vendor. ${wayToAllow(refusals, rules)}`.trim(),
    );
  }
  const askWith = (authentication: oauth.ClientAuth): Promise<unknown> => {
    const words = {
      server: `${place}: the authorization server of application ${applicationId}`,
      whereItIs: `Check the network (${tokenUrl}).`,
      remedy: `Check that these are the application's credentials${
        "clientSecret" in credentials
          ? ""
          : `, and that the vendor knows the key under the id (kid) ${credentials.keyId}`
      }.`,
    };
    const request = { tokenUrl, clientId, scope: scopes.join(" "), authentication, words };
    return withRetries(
      () => requestToken(request, transport),
      retryPolicy,
      AbortSignal.timeout(patienceMs.token),
    );
  };
  try {
    await askWith(toClientAuth(tokenUrl, credentials));
  } catch (error) {
    // Never a third try: a server may lock a client after a few.
    if (!isUnrecognized(error) || !("clientSecret" in credentials)) throw error;
    if (!mayBeMisread(clientId, credentials.clientSecret)) throw error;
    await askWith(oauth.ClientSecretPost(credentials.clientSecret));
  }
}

/** Some servers answer 400 instead of 401, others 401 without a readable error. */
function isUnrecognized(error: unknown): boolean {
  return isInvalidClient(error) || (error instanceof TenantManagementError && error.status === 401);
}

/**
 * Returns whether a server may misread a client's Basic credentials. They are form-encoded first, and many servers do
 * not decode that; all read the same credentials in the body (`client_secret_post`).
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 RFC 6749, section 2.3.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617#section-2 RFC 7617, section 2}
 */
export function mayBeMisread(clientId: string, clientSecret: string): boolean {
  return /[^A-Za-z0-9]/.test(clientId + clientSecret);
}

function toClientAuth(tokenUrl: string, credentials: ApplicationCredentials): oauth.ClientAuth {
  return "clientSecret" in credentials
    ? oauth.ClientSecretBasic(credentials.clientSecret)
    : byAssertion(tokenUrl, credentials.keyId, signerFor(credentials.privateKey));
}
