import {
  createTransport,
  defaultRetryPolicy,
  OrganizationTokens,
  TenantManagementApi,
  TenantManagementError,
} from "./client/index";
import { organizationSigner } from "./dynamic/organization-key";
import type { Reach } from "./reach";
import type { ProviderSettings } from "./settings";

/**
 * Makes an API client from the settings of a stack. Nothing is asked of the API before the first call.
 *
 * @param reach how the vendor, and the organization's key in AWS, are reached
 * @throws {@link TenantManagementError} `INPUT_INVALID` with what to set
 */
export async function connect(
  settings: ProviderSettings,
  { proxies, aws }: Reach,
): Promise<TenantManagementApi> {
  const clientId = notEmpty(process.env["TENANTS_CLIENT_ID"]) ?? settings.clientId;
  const keyId = notEmpty(process.env["TENANTS_KEY_ID"]) ?? settings.keyId;
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
  const sign = await organizationSigner(settings, aws);
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
