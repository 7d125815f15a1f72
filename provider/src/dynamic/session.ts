import {
  createTransport,
  defaultRetryPolicy,
  OrganizationTokens,
  signerFor,
  TenantManagementApi,
  TenantManagementError,
} from "../client/index";
import { describeProblems, type ProviderSettings, readSettings } from "../settings";
import { loadOrganizationKey } from "./organization-key";

/**
 * What one provider process has once, whatever the number of its resources: the settings, the connection pool and the
 * access token. Nothing is asked of the network before the first call to the API.
 */

/** The part of the SDK's `ConfigureRequest` that is read. */
export interface ConfigureRequest {
  config: { get(key: string): string | undefined };
}

let settings: ProviderSettings | undefined;
let configurationError: Error | undefined;
let api: Promise<TenantManagementApi> | undefined;

/**
 * Takes the stack's configuration. It is synchronous: the engine's host caches a provider before it has configured it,
 * and a second call may come in between.
 */
export function configure(request: ConfigureRequest): void {
  const read = readSettings((key) => request.config.get(`tenants:${key}`));
  if ("settings" in read) settings = read.settings;
  else configurationError = new TenantManagementError("INPUT_INVALID", describeProblems(read.problems));
}

/**
 * Gives the settings of this process.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` with all that is wrong with the configuration
 */
export function currentSettings(): ProviderSettings {
  if (settings !== undefined) return settings;
  throw configurationError ?? new Error("The provider was called before it was configured.");
}

/** Gives the one API client of this process, made when it is first needed. */
export function currentApi(): Promise<TenantManagementApi> {
  api ??= connect(currentSettings());
  return api;
}

async function connect(given: ProviderSettings): Promise<TenantManagementApi> {
  const clientId = process.env["TENANTS_CLIENT_ID"] ?? given.clientId;
  const keyId = process.env["TENANTS_KEY_ID"] ?? given.keyId;
  const { tokenUrl } = given;
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
  const sign = signerFor(await loadOrganizationKey(given));
  const transport = createTransport();
  const tokens = new OrganizationTokens(
    { tokenUrl, clientId, sign, ...(keyId === undefined ? {} : { keyId }) },
    transport,
    defaultRetryPolicy,
  );
  return new TenantManagementApi({
    stage: given.stage,
    apiUrl: given.apiUrl,
    tokens,
    transport,
    retryPolicy: defaultRetryPolicy,
  });
}
