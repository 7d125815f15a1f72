import type { KeyObject } from "node:crypto";
import * as oauth from "oauth4webapi";

import { signerFor } from "./assertion";
import { TenantManagementError } from "./errors";
import { type RetryPolicy, withRetries } from "./retry";
import type { ApiApplication } from "./schemas";
import { isServiceUrl } from "./service-url";
import { byAssertion, requestToken } from "./token-endpoint";
import type { Transport } from "./transport";

/** What an application proves itself with at its authorization server. */
export type ApplicationCredentials =
  | { type: "CLIENT_SECRET"; clientSecret: string }
  | { type: "RSA" | "EC"; privateKey: KeyObject; keyId: string };

/** How long the token request is repeated, in milliseconds. */
const deadlineMs = 60_000;

/**
 * Gets a token with an application's credentials, all its scopes in it, and drops the token.
 *
 * @throws {@link TenantManagementError} `TOKEN_REFUSED` where they are not the application's
 */
export async function proveCredentials(
  application: ApiApplication,
  credentials: ApplicationCredentials,
  transport: Transport,
  retryPolicy: RetryPolicy,
): Promise<void> {
  const { applicationId, clientId, tokenUrl, scopes } = application;
  if (!isServiceUrl(tokenUrl)) {
    throw new TenantManagementError(
      "ANSWER_INVALID",
      `The token URL that the API gives for application ${applicationId} is no https URL: no credential was sent there. Tell the vendor.`,
    );
  }
  await withRetries(
    () =>
      requestToken(
        {
          tokenUrl,
          clientId,
          scope: scopes.join(" "),
          authentication: toClientAuth(tokenUrl, credentials),
          words: {
            server: `The authorization server of application ${applicationId}`,
            whereItIs: `Check the network (${tokenUrl}).`,
            remedy: `Check that these are the application's credentials${
              credentials.type === "CLIENT_SECRET"
                ? ""
                : `, and that the vendor knows the key by the id (kid) ${credentials.keyId}`
            }.`,
          },
        },
        transport,
      ),
    retryPolicy,
    AbortSignal.timeout(deadlineMs),
  );
}

function toClientAuth(tokenUrl: string, credentials: ApplicationCredentials): oauth.ClientAuth {
  return credentials.type === "CLIENT_SECRET"
    ? oauth.ClientSecretBasic(credentials.clientSecret)
    : byAssertion(tokenUrl, credentials.keyId, signerFor(credentials.privateKey));
}
