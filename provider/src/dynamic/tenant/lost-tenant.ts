import type { TenantManagementApi } from "../../client/api";
import { sameMembers } from "../../client/as-asked";
import { TenantManagementError } from "../../client/errors";
import type { ApiTenant } from "../../client/schemas";
import { clockToleranceMs, parseInstant } from "../../client/server-clock";
import { describeTakeOver } from "./take-over";

/** A create of a tenant whose answer was lost. */
export interface LostTenant {
  name: string;
  /** The cells that were asked for; undefined for the API's own default. */
  cells: readonly string[] | undefined;
  /** When the attempt began, in milliseconds since 1970, by this machine's clock. */
  startedAtMs: number;
  /** Its id, where the record has the answer: then it is ours, whenever it was made. */
  answeredId?: string | undefined;
}

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
  const found = await lookFor(api, lost);
  if (found === undefined) return undefined;
  const doubt = await doubtAbout(found, lost, api);
  if (doubt === undefined) return found;
  throw new TenantManagementError(
    "INPUT_INVALID",
    `A tenant named "${lost.name}" exists in stage ${api.stage} as ${found.tenantId}, and it is not certain that it was made here: ${doubt}. ` +
      (await describeTakeOver(api, { name: lost.name, tenantId: found.tenantId })),
  );
}

/** By its id where that is known; else in the list, twice where it needs be: whatever either shows is there. */
async function lookFor(
  api: TenantManagementApi,
  { name, answeredId }: LostTenant,
): Promise<ApiTenant | undefined> {
  const isOfName = (tenant: ApiTenant | undefined): boolean => tenant?.name === name;
  const answered = answeredId === undefined ? undefined : await api.getTenant(answeredId);
  if (isOfName(answered)) return answered;
  const seen = await api.lookTwice(
    () => api.listTenants(),
    (list) => list.some(isOfName),
  );
  return seen.flat().find(isOfName);
}

async function doubtAbout(
  found: ApiTenant,
  lost: LostTenant,
  api: TenantManagementApi,
): Promise<string | undefined> {
  const doubt = found.tenantId === lost.answeredId ? undefined : doubtAboutTime(found, lost, api);
  if (doubt !== undefined) return doubt;
  if (lost.cells !== undefined && !sameMembers(lost.cells, found.cells)) {
    return `it has the cells ${found.cells.join(", ")}, not ${lost.cells.join(", ")}`;
  }
  const applications = await api.listApplications(found.tenantId);
  return applications === undefined || applications.length === 0
    ? undefined
    : `it holds applications (${applications.map(({ applicationId }) => applicationId).join(", ")})`;
}

/** A time to come is one whose zone was left out or is wrong: it may as well have been made hours ago, by somebody else. */
function doubtAboutTime(
  { createdAt }: ApiTenant,
  lost: LostTenant,
  api: TenantManagementApi,
): string | undefined {
  const createdAtMs = parseInstant(createdAt);
  if (createdAtMs === undefined) return `when it was made cannot be read (${createdAt})`;
  if (createdAtMs < lost.startedAtMs + api.clockAheadMs - clockToleranceMs) {
    return `it was made ${createdAt}, before this attempt began`;
  }
  return createdAtMs > Date.now() + api.clockAheadMs + clockToleranceMs
    ? `it was made ${createdAt}, which is yet to come`
    : undefined;
}
