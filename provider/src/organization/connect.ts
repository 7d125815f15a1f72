import {
  createTransport,
  defaultRetryPolicy,
  OrganizationTokens,
  TenantManagementApi,
  TenantManagementError,
} from "../client/index";
import { Pacer, realClock } from "../client/pacer";
import { SharedTurns } from "../client/shared-turns";
import { defaultConnections } from "../client/transport";
import type { EnvironmentVariables } from "../settings/own-process";
import type { Reach } from "../settings/reach";
import type { ProviderSettings } from "../settings/settings";
import { organizationSigner } from "./key";

/**
 * Creates an API client from the settings of a stack. Nothing is sent before the first call.
 *
 * @param reach how the vendor, and the organization's key in AWS, are reached
 * @param environment the environment variables of this run, which take precedence over the settings
 * @throws {@link TenantManagementError} `INPUT_INVALID` with what to set
 */
export async function connect(
  settings: ProviderSettings,
  { proxies, aws }: Reach,
  environment: EnvironmentVariables,
): Promise<TenantManagementApi> {
  const clientId = notEmpty(environment["TENANTS_CLIENT_ID"]) ?? settings.clientId;
  const keyId = notEmpty(environment["TENANTS_KEY_ID"]) ?? settings.keyId;
  const { stage, apiUrl, tokenUrl, allowedHosts } = settings;
  if (tokenUrl === undefined || clientId === undefined) {
    const missing = [
      ...(tokenUrl === undefined ? ["tenants:tokenUrl (from the vendor, for each stage)"] : []),
      ...(clientId === undefined ? ["tenants:clientId (or the environment variable TENANTS_CLIENT_ID)"] : []),
    ];
    throw new TenantManagementError(
      "INPUT_INVALID",
      `To call the Tenant Management API, set ${missing.join(" and ")}.`,
    );
  }
  const sign = await organizationSigner(settings, aws, environment);
  const transport = createTransport({}, proxies);
  const tokens = new OrganizationTokens(
    { tokenUrl, clientId, sign, ...(keyId === undefined ? {} : { keyId }) },
    transport,
    defaultRetryPolicy,
  );
  const turnsSocket = notEmpty(environment["TENANTS_TURNS_SOCKET"]);
  return new TenantManagementApi({
    ...(turnsSocket === undefined ? {} : { pacer: sharedPacer(turnsSocket) }),
    stage,
    apiUrl,
    allowedHosts,
    tokens,
    transport,
    retryPolicy: defaultRetryPolicy,
  });
}

/** Shares the API's rate limit with the other processes of a fleet on this machine. */
function sharedPacer(socket: string): Pacer {
  return new Pacer(
    realClock,
    undefined,
    defaultRetryPolicy.notify,
    (own) => new SharedTurns(socket, own, defaultConnections, realClock),
  );
}

/** An empty variable counts as unset: a CI system sets one for a missing secret. A file's line end is not part of one. */
function notEmpty(variable: string | undefined): string | undefined {
  const text = variable?.trim();
  return text === "" ? undefined : text;
}
