import type { TenantManagementApi } from "../../client/api";
import { sameMembers } from "../../client/as-asked";
import { TenantManagementError } from "../../client/errors";
import type { ApiTenant } from "../../client/schemas";
import { clockToleranceMs, parseInstant } from "../../client/server-clock";
import { describeTakeOver } from "./take-over";

/** A create of a tenant whose response was lost. */
export interface LostTenant {
  name: string;
  /** The cells that each attempt requested; undefined for the API's default. */
  cells: ReadonlyArray<readonly string[] | undefined>;
  /** When the first attempt started, in milliseconds since 1970, by this machine's clock. */
  startedAtMs: number;
  /** Its id, if the response is on record: then it is ours, whenever it was created. */
  answeredId?: string | undefined;
}

/**
 * Looks for a tenant whose create may have happened: names are unique, so it is the one of that name, if it
 * exists.
 *
 * @returns Resolves with our tenant; undefined if no tenant has that name.
 * @throws {@link TenantManagementError} `INPUT_INVALID` with its id and the `adopt` line, if it may be
 * another's
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
    `A tenant named "${lost.name}" exists in stage ${api.stage} as ${found.tenantId}, and it may not have been created by this stack: ${doubt}. ` +
      (await describeTakeOver(api, { name: lost.name, tenantId: found.tenantId })),
  );
}

/** Fetches it by its id if known; otherwise reads the list, twice if necessary: what either contains exists. */
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
  const { answeredId } = lost;
  // Names are unique: what this stack created was deleted before someone created this one.
  if (answeredId !== undefined && found.tenantId !== answeredId)
    return `this stack created ${answeredId}, which no longer exists`;
  const doubt = answeredId === undefined ? doubtAboutTime(found, lost, api) : undefined;
  if (doubt !== undefined) return doubt;
  if (!lost.cells.some((cells) => cells === undefined || sameMembers(cells, found.cells))) {
    const sets = new Set(lost.cells.map((cells = []) => cells.join(", ")));
    return `it has the cells ${found.cells.join(", ")}, not ${[...sets].join(" or ")}`;
  }
  const applications = await api.listApplications(found.tenantId);
  return applications === undefined || applications.length === 0
    ? undefined
    : `it has applications (${applications.map(({ applicationId }) => applicationId).join(", ")})`;
}

/** A time in the future has no time zone or is wrong: the tenant may have been created hours ago, by someone else. */
function doubtAboutTime(
  { createdAt }: ApiTenant,
  lost: LostTenant,
  api: TenantManagementApi,
): string | undefined {
  const createdAtMs = parseInstant(createdAt);
  if (createdAtMs === undefined) return `its creation time cannot be read (${createdAt})`;
  if (createdAtMs < lost.startedAtMs + api.clockAheadMs - clockToleranceMs) {
    return `it was created ${createdAt}, before this attempt started`;
  }
  return createdAtMs > Date.now() + api.clockAheadMs + clockToleranceMs
    ? `it was created ${createdAt}, which is in the future`
    : undefined;
}
