import {
  createTransport,
  defaultRetryPolicy,
  OrganizationTokens,
  TenantManagementApi,
  TenantManagementError,
} from "../client/index";
import type { EnvironmentVariables } from "../settings/environment";
import type { Reach } from "../settings/reach";
import type { ProviderSettings } from "../settings/settings";
import { organizationSigner } from "./key";

/**
 * Makes an API client from the settings of a stack. Nothing is asked of the API before the first call.
 *
 * @param reach how the vendor, and the organization's key in AWS, are reached
 * @param environment the environment variables of this run, which go before the settings
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
      ...(tokenUrl === undefined ? ["tenants:tokenUrl (the vendor gives it for each stage)"] : []),
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
  return new TenantManagementApi({
    stage,
    apiUrl,
    allowedHosts,
    tokens,
    transport,
    retryPolicy: defaultRetryPolicy,
  });
}

/** An empty variable is none: a CI system sets one for a secret that is not there. */
function notEmpty(variable: string | undefined): string | undefined {
  return variable === "" ? undefined : variable;
}
