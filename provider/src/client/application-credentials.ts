import type { KeyObject } from "node:crypto";
import * as oauth from "oauth4webapi";

import { signerFor } from "./assertion";
import { serverRefusals } from "./as-asked";
import { printable, TenantManagementError } from "./errors";
import { type HostRules, wayToAllow } from "./hosts";
import { type RetryPolicy, withRetries } from "./retry";
import type { ApiApplication } from "./schemas";
import { byAssertion, requestToken } from "./token-endpoint";
import type { Transport } from "./transport";

/** What an application proves itself with at its authorization server. */
export type ApplicationCredentials =
  | { type: "CLIENT_SECRET"; clientSecret: string }
  | { type: "RSA" | "EC"; privateKey: KeyObject; keyId: string };

/** How long the token request is repeated, in milliseconds. */
const deadlineMs = 60_000;

/** Where an application is, and which hosts it may name. */
export interface ApplicationPlace extends HostRules {
  tenantId: string;
}

/**
 * Gets a token with an application's credentials, all its scopes in it, and drops the token. They are sent to a server
 * of the vendor's, or that the environment allows, whatever the API says.
 *
 * @throws {@link TenantManagementError} `TOKEN_REFUSED` where they are not the application's; `ANSWER_INVALID` where its
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
      `${place}: the API says of application ${applicationId} that ${problems}. No credential was sent there. Tell the vendor. ${wayToAllow(refusals, rules)}`.trim(),
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
            server: `${place}: the authorization server of application ${applicationId}`,
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
