import { openClock } from "pulumi-resistant-tenants/internal/clock";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";

import { SettingsError } from "../settings/read";
import type { ServiceSettings } from "../settings/settings";

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
  const startedMs = Date.now();
  try {
    const clocks = Object.values(stages).map(({ configuration }) => {
      const apiUrl = configuration["tenants:apiUrl"];
      return openClock(typeof apiUrl === "string" ? apiUrl : "the vendor's", environment);
    });
    const aheadMs = (clocks[0]?.().getTime() ?? startedMs) - startedMs;
    return () => new Date(Date.now() + aheadMs);
  } catch (error) {
    throw new SettingsError(error instanceof Error ? error.message : "TENANTS_NOW cannot be read.");
  }
}
