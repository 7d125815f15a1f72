import { TenantManagementError } from "../client/errors";
import type { ProviderSettings } from "./settings";

/** Where a resource was made, as the state records it. */
export interface Environment {
  stage?: unknown;
  apiUrl?: unknown;
}

/**
 * Refuses to touch what was made in another stage, or at another API, than the stack is configured for now.
 *
 * @param what names the resource: `tenant "acme"`
 * @throws {@link TenantManagementError} `INPUT_INVALID`
 */
export function assertSameEnvironment(what: string, made: Environment, settings: ProviderSettings): void {
  const { stage, apiUrl } = made;
  if (
    (stage === undefined || stage === settings.stage) &&
    (apiUrl === undefined || apiUrl === settings.apiUrl)
  )
    return;
  throw new TenantManagementError(
    "INPUT_INVALID",
    `${what} was created in stage ${String(stage)} at ${String(apiUrl)}, but this stack is now configured for stage ` +
      `${settings.stage} at ${settings.apiUrl}. Nothing was changed. Restore tenants:stage and tenants:apiUrl; ` +
      "use a separate stack for another stage (pulumi stack init).",
  );
}
