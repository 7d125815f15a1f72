/*
 * What this run has changed, and not every server of the API may see yet: an application of a tenant that was just made
 * is refused with 404, and the delete of a tenant whose applications were just deleted with 409. Only what this run did
 * itself is worth another try.
 */

const madeTenants = new Set<string>();
const deletedApplications = new Map<string, Set<string>>();
const deletedTenantNames = new Set<string>();

/** Notes a tenant that this run has made, or found again after it made it. */
export function noteMadeTenant(tenantId: string): void {
  madeTenants.add(tenantId);
}

/** Tells whether this run has made a tenant. */
export function isMadeTenant(tenantId: string): boolean {
  return madeTenants.has(tenantId);
}

/** Notes a tenant that this run has deleted. */
export function noteDeletedTenant(name: string): void {
  deletedTenantNames.add(name);
}

/** Tells whether this run has deleted a tenant of a name, which may count as taken for a while. */
export function isDeletedTenantName(name: string): boolean {
  return deletedTenantNames.has(name);
}

/** Notes an application that this run has deleted. */
export function noteDeletedApplication(tenantId: string, applicationId: string): void {
  const ofTenant = deletedApplications.get(tenantId) ?? new Set();
  deletedApplications.set(tenantId, ofTenant.add(applicationId));
}

/** Gives the ids of the applications of a tenant that this run has deleted. */
export function deletedApplicationsOf(tenantId: string): ReadonlySet<string> {
  return deletedApplications.get(tenantId) ?? new Set();
}
