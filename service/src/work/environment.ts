import path from "node:path";

import { openClock } from "pulumi-resistant-tenants/internal/clock";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readAwsAccess } from "pulumi-resistant-tenants/internal/reach";
import { preloadOption } from "resistant-tenants-operations/stack/pulumi";

import { isLoopback } from "../settings/loopback";
import { SettingsError } from "../settings/read";
import type { ServiceSettings } from "../settings/settings";
import { textIn } from "../settings/stage-configuration";

/** The worker's variables that an engine gets. It gets no others, above all not the database's URL. */
const passedOn: readonly RegExp[] = [
  /^(?:PATH|LANG|LC_ALL|TZ)$/,
  // Access to AWS: in production by a role.
  /^AWS_[A-Z0-9_]+$/,
  /^(?:https?|no)_proxy$/i,
  /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/,
  /^PULUMI_CONFIG_PASSPHRASE(?:_FILE)?$/,
  // Replaces the AWS provider: see assertOwnProviders.
  /^PULUMI_DEBUG_PROVIDERS$/,
  // The organization's key, if it is in neither KMS nor Secrets Manager.
  /^TENANTS_(?:PRIVATE_KEY|CLIENT_ID|KEY_ID|NOW)$/,
];

/**
 * Refuses `PULUMI_DEBUG_PROVIDERS`, by which the engine takes another process for the AWS provider, unless each stage's
 * API and Secrets Manager are on loopback: that process would get the secrets.
 *
 * @throws {@link SettingsError} if the variable is set and one of them is not on loopback
 */
export function assertOwnProviders(
  { stages }: Pick<ServiceSettings, "stages">,
  environment: EnvironmentVariables,
): void {
  if ((environment["PULUMI_DEBUG_PROVIDERS"] ?? "") === "") return;
  const isLocal = Object.values(stages).every(({ configuration }) =>
    [configuration["tenants:apiUrl"], secretsManagerOf(configuration, environment)].every(
      (url) => typeof url === "string" && URL.canParse(url) && isLoopback(new URL(url)),
    ),
  );
  if (!isLocal)
    throw new SettingsError(
      "PULUMI_DEBUG_PROVIDERS is set: another process would get the secrets in place of the AWS provider. Unset it. It is allowed only if each stage's tenants:apiUrl and Secrets Manager (AWS_ENDPOINT_URL, aws:endpoints) are on loopback.",
    );
}

/**
 * Opens the worker's clock: this machine's, unless `TENANTS_NOW` sets it to an instant (RFC 3339), from which
 * it advances. The engines get the same variable; their time stands still.
 *
 * @throws {@link SettingsError} if the variable is set and a stage's API is not on loopback, or if it is not
 * an instant
 */
export function openWorkerClock(
  { stages }: Pick<ServiceSettings, "stages">,
  environment: EnvironmentVariables,
): () => Date {
  const { TENANTS_NOW: set = "" } = environment;
  if (set === "") return () => new Date();
  try {
    const startedMs = Date.now();
    const [clock = () => new Date()] = Object.values(stages).map(({ configuration }) => {
      const apiUrl = configuration["tenants:apiUrl"];
      return openClock(typeof apiUrl === "string" ? apiUrl : "the vendor's", environment);
    });
    const aheadMs = clock().getTime() - startedMs;
    return () => new Date(Date.now() + aheadMs);
  } catch (error) {
    throw new SettingsError(error instanceof Error ? error.message : "TENANTS_NOW cannot be read.");
  }
}

/** Returns the endpoint of a stage's Secrets Manager; undefined for AWS's own. */
function secretsManagerOf(
  configuration: Readonly<Record<string, unknown>>,
  environment: EnvironmentVariables,
): string | undefined {
  return readAwsAccess(environment, (key) => textIn(configuration, `aws:${key}`)).endpoints.secretsmanager;
}

/** The variables of a particular engine. */
export interface OwnEnvironment {
  /** The job's folder. */
  directory: string;
  backendUrl: string;
  /** `TENANTS_REASON`. */
  reason: string;
  /** `TENANTS_ALLOWED_HOSTS`. */
  allowedHosts: readonly string[];
}

/** Builds the environment of an engine from scratch. */
export function engineEnvironment(
  worker: EnvironmentVariables,
  { directory, backendUrl, reason, allowedHosts }: OwnEnvironment,
): Record<string, string> {
  const passed = Object.entries(worker).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && passedOn.some((pattern) => pattern.test(entry[0])),
  );
  return {
    ...Object.fromEntries(passed),
    HOME: path.join(directory, "home"),
    TMPDIR: path.join(directory, "tmp"),
    PULUMI_HOME: path.join(directory, "home"),
    PULUMI_BACKEND_URL: backendUrl,
    NODE_OPTIONS: preloadOption(),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    TENANTS_REASON: reason,
    ...(allowedHosts.length === 0 ? {} : { TENANTS_ALLOWED_HOSTS: allowedHosts.join(",") }),
  };
}

/**
 * Returns the folders of the worker's homes to which an engine's own home links: the engine's plugins, and AWS's
 * configuration with the log-ins of `aws sso login`, which no variable can locate.
 */
export function foldersToLink({ PULUMI_HOME, HOME }: EnvironmentVariables): string[] {
  const home = HOME ?? "";
  const pulumiHome = PULUMI_HOME ?? path.join(home, ".pulumi");
  return [path.join(pulumiHome, "plugins"), path.join(home, ".aws")].filter((folder) =>
    path.isAbsolute(folder),
  );
}
