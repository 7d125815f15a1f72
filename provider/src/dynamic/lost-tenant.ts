import type { TenantManagementApi } from "../client/api";
import { TenantManagementError } from "../client/errors";
import type { ApiTenant } from "../client/schemas";
import { sameMembers } from "./inputs";

/** A create of a tenant whose answer was lost. */
export interface LostTenant {
  name: string;
  /** The cells that were asked for; undefined for the API's own default. */
  cells: readonly string[] | undefined;
  /** When the attempt began, in milliseconds since 1970, by this machine's clock. */
  startedAtMs: number;
}

/** The API's `Date` header and its `created` are right to a second each. */
export const clockToleranceMs = 3000;

/**
 * Looks for a tenant whose create may have happened: names are unique, so it is the one of that name, if there is one.
 *
 * @returns Resolves with the tenant, which is ours; undefined where there is none of that name.
 * @throws {@link TenantManagementError} `INPUT_INVALID` with its id and the `adopt` line, where it may be another's
 */
export async function findLostTenant(
  api: TenantManagementApi,
  lost: LostTenant,
): Promise<ApiTenant | undefined> {
  const found = (await api.listTenants()).find(({ name }) => name === lost.name);
  if (found === undefined) return undefined;
  const doubt = await doubtAbout(found, lost, api);
  if (doubt === undefined) return found;
  throw new TenantManagementError(
    "INPUT_INVALID",
    `A tenant named "${lost.name}" exists in stage ${api.stage} as ${found.tenantId}, and it is not certain that it was made here: ${doubt}. ` +
      `To take it over, add this line to the customer (or input to the Tenant): adopt: ${found.tenantId}`,
  );
}

async function doubtAbout(
  found: ApiTenant,
  lost: LostTenant,
  api: TenantManagementApi,
): Promise<string | undefined> {
  const startedAtMs = lost.startedAtMs + api.clockAheadMs;
  if (!(Date.parse(found.createdAt) >= startedAtMs - clockToleranceMs)) {
    return `it was made ${found.createdAt}, before this attempt began`;
  }
  if (lost.cells !== undefined && !sameMembers(lost.cells, found.cells)) {
    return `it has the cells ${found.cells.join(", ")}, not ${lost.cells.join(", ")}`;
  }
  const applications = await api.listApplications(found.tenantId);
  return applications === undefined || applications.length === 0
    ? undefined
    : `it holds applications (${applications.map(({ applicationId }) => applicationId).join(", ")})`;
}
