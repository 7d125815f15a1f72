import type { TenantManagementApi } from "../../client/api";
import { TenantManagementError } from "../../client/errors";
import { defaultSecretPrefix } from "../../names/secret-name";
import { type Reach, readReach } from "../../settings/reach";
import { revealingProblem } from "../../settings/revealing-switches";
import {
  allowedHostsIn,
  describeProblems,
  type ProviderSettings,
  readSettings,
} from "../../settings/settings";
import { onceForAll } from "../once-for-all";

/**
 * What one provider process has once, whatever the number of its resources: the settings, the connection pool and the
 * access token. Nothing is asked of the network before the first call to the API.
 */

/** The part of the SDK's `ConfigureRequest` that is read. */
export interface ConfigureRequest {
  config: { get(key: string): string | undefined };
}

let settings: ProviderSettings | undefined;
let reach: Reach | undefined;
let secretPrefix = defaultSecretPrefix;
let configurationError: Error | undefined;
let startError: Error | undefined;

/**
 * Takes the stack's configuration. It is synchronous: the engine's host caches a provider before it has configured it,
 * and a second call may come in between.
 */
export function configure(request: ConfigureRequest): void {
  const { config } = request;
  const problem = revealingProblem(config.get("tenants:stage"));
  if (problem !== undefined) startError = new TenantManagementError("INPUT_INVALID", problem);
  const aws = (key: string): string | undefined => config.get(`aws:${key}`);
  secretPrefix = config.get("tenants:secretPrefix") ?? defaultSecretPrefix;
  const read = readSettings((key) => config.get(`tenants:${key}`), {
    allowedHosts: allowedHostsIn(process.env),
    aws,
  });
  if ("settings" in read) settings = read.settings;
  else configurationError = new TenantManagementError("INPUT_INVALID", describeProblems(read.problems));
  try {
    reach = readReach(process.env, aws);
  } catch (error) {
    configurationError ??= error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * Makes sure that this process was not started in a way that writes credentials down.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` with what to unset
 */
export function assertNothingReveals(): void {
  if (startError !== undefined) throw startError;
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

/**
 * Tells how this process reaches the vendor and AWS.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` where the environment names a proxy that is none
 */
export function currentReach(): Reach {
  if (reach !== undefined) return reach;
  throw configurationError ?? new Error("The provider was called before it was configured.");
}

/** Gives the first part of the names of the stack's secrets. */
export function currentSecretPrefix(): string {
  return secretPrefix;
}

/** Gives the one API client of this process, made when it is first needed. */
export const currentApi: () => Promise<TenantManagementApi> = onceForAll(() =>
  load().connect(currentSettings(), currentReach(), process.env),
);

/** What talks to the network is loaded when there is something to say: an `up` without a change has nothing. */
function load(): typeof import("../../organization/connect") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- `import` is not late, or not for CommonJS
  return require("../../organization/connect") as typeof import("../../organization/connect");
}
