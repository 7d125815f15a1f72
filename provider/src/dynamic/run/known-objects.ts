import { setTimeout as sleepMs } from "node:timers/promises";

import { TenantManagementError } from "../../client/errors";
import type { ApiApplication, ApiTenant } from "../../client/schemas";
import { onceForAll } from "../once-for-all";
import { noteMadeTenant } from "./own-changes";
import { currentApi, currentSettings } from "./session";

/**
 * What this process has learnt of the organization: lists that many resources share, and whether the API knows any of
 * the tenants that the stack holds. When it knows none, the credentials are most likely another organization's, and
 * "not found" does not mean that a tenant is gone.
 */

/** How long a missing tenant waits for others of its stack, which the engine reads beside it, in milliseconds. */
const gatherMs = 500;

const tenantsOfStack = new Set<string>();
const credentials = { areKnownRight: false };
/** Applications that the stack holds, each with its tenant: those the engine spoke of in this run, and those made in it. */
const applicationsOfStack = new Map<string, string>();
const applications = new Map<string, Promise<ApiApplication[] | undefined>>();

/** Notes a tenant that the state holds. */
export function noteTenantOfStack(tenantId: unknown): void {
  if (typeof tenantId === "string") tenantsOfStack.add(tenantId);
}

/** Tells whether the engine has spoken of no more than one tenant of this stack. */
export function isOnlyTenantOfStack(): boolean {
  return tenantsOfStack.size <= 1;
}

/** Notes an application that the state holds, or is about to. */
export function noteApplicationOfStack(applicationId: string, tenantId: string): void {
  applicationsOfStack.set(applicationId, tenantId);
}

/** Tells whether an application is one that the stack holds, as far as this process knows by now. */
export function isApplicationOfStack(applicationId: string): boolean {
  return applicationsOfStack.has(applicationId);
}

/** Gives the ids of the applications in a tenant that the stack holds, as far as this process knows by now. */
export function applicationsOfStackIn(tenantId: string): string[] {
  return [...applicationsOfStack].flatMap(([applicationId, owner]) =>
    owner === tenantId ? [applicationId] : [],
  );
}

/** Notes that the API has just dealt with a tenant of this stack: the credentials are the right ones. */
export function noteOrganizationKnown(): void {
  credentials.areKnownRight = true;
}

/** Notes a tenant that this process has just made: it holds no application. */
export function noteNewTenant(tenantId: string): void {
  applications.set(tenantId, Promise.resolve([]));
  noteMadeTenant(tenantId);
}

/** Tenants that this process has found again, after the answer to their create was lost. */
const recoveredTenants = new Set<string>();

/** Notes a tenant that this process has found again: that it is not another stack's is likely, and not certain. */
export function noteRecoveredTenant(tenantId: string): void {
  recoveredTenants.add(tenantId);
  noteMadeTenant(tenantId);
}

/** Tells once of a tenant that this process has found again. */
export function takeRecoveredTenant(tenantId: string): boolean {
  return recoveredTenants.delete(tenantId);
}

/** Gives the tenants of the organization's list by id; the paged list is read once for all that ask. */
const tenantsById = onceForAll(async (): Promise<Map<string, ApiTenant>> => {
  const tenants = await (await currentApi()).listTenants();
  return new Map(tenants.map((tenant) => [tenant.tenantId, tenant]));
});

/**
 * Finds a tenant: in the list that all share, or else by its id. A list may lag, and its pages may shift while they are
 * read: what it lacks is not gone.
 *
 * @returns Resolves with undefined only where the API knows none of that id.
 */
export async function findTenant(tenantId: string): Promise<ApiTenant | undefined> {
  const listed = (await tenantsById()).get(tenantId);
  const found = listed ?? (await (await currentApi()).getTenant(tenantId));
  if (found !== undefined) noteOrganizationKnown();
  if (listed === undefined && found !== undefined) warnOfLaggingList(`tenant "${found.name}" (${tenantId})`);
  return found;
}

/**
 * Finds an application: in its tenant's list, which all share, or else by its id.
 *
 * @returns Resolves with undefined only where the API knows none of that id, or not the tenant.
 */
export async function findApplication(
  tenantId: string,
  applicationId: string,
): Promise<ApiApplication | undefined> {
  const list = await applicationsOf(tenantId);
  const listed = list?.find((application) => application.applicationId === applicationId);
  if (list === undefined || listed !== undefined) return listed;
  const found = await (await currentApi()).getApplication(tenantId, applicationId);
  if (found !== undefined) warnOfLaggingList(`application ${applicationId} of tenant ${tenantId}`);
  return found;
}

const lagging = { isWarnedOf: false };

/** Once: a list that lags may lack everything. */
function warnOfLaggingList(what: string): void {
  if (lagging.isWarnedOf) return;
  lagging.isWarnedOf = true;
  console.warn(
    `warning: a list of the Tenant Management API lacks ${what}, which the API finds by its id. It stays in the state, and so does everything that is found so. Tell the vendor if this lasts.`,
  );
}

/** Forgets a tenant's applications, which have changed. */
export function forgetApplicationsOf(tenantId: string): void {
  applications.delete(tenantId);
}

/** Gives a tenant's applications, undefined where the tenant is gone; the list is read once for all that ask. */
export async function applicationsOf(tenantId: string): Promise<ApiApplication[] | undefined> {
  const pending = applications.get(tenantId) ?? currentApi().then((api) => api.listApplications(tenantId));
  applications.set(tenantId, pending);
  const list = await pending.catch((error: unknown) => {
    if (applications.get(tenantId) === pending) applications.delete(tenantId);
    throw error;
  });
  if (list !== undefined) noteOrganizationKnown();
  return list;
}

/**
 * Makes sure that what the API does not find is gone, and not merely another organization's.
 *
 * @param what names what was not found: `tenant "acme" (t-1)`
 * @throws {@link TenantManagementError} `REFUSED` when the API knows none of the stack's tenants, with a way to insist
 */
export async function assertGone(what: string): Promise<void> {
  if (credentials.areKnownRight || process.env["TENANTS_ACCEPT_MISSING"] === "true") return;
  const existing = await tenantsById();
  const isOurOrganization = (): boolean =>
    credentials.areKnownRight || [...tenantsOfStack].some((tenantId) => existing.has(tenantId));
  if (!isOurOrganization()) await sleepMs(gatherMs);
  if (isOurOrganization()) return;
  const settings = currentSettings();
  throw new TenantManagementError(
    "REFUSED",
    `${what} is not known to the Tenant Management API (${settings.stage}), and neither is any other tenant of this stack: ` +
      "the credentials are most likely another organization's. Nothing was changed. " +
      "Check tenants:clientId, tenants:tokenUrl and the organization's key. " +
      "If the tenants are truly gone, insist: set the environment variable TENANTS_ACCEPT_MISSING=true and run the same command again.",
  );
}
