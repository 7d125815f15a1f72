/**
 * What this run has changed, and not every server of the API may see yet: an application of a tenant that was just made
 * is refused with 404, and the delete of a tenant whose applications were just deleted with 409. Only what this run did
 * itself is worth another try.
 */
export class OwnChanges {
  readonly #madeTenants = new Set<string>();
  readonly #recoveredTenants = new Set<string>();
  readonly #deletedApplications = new Map<string, Set<string>>();
  readonly #deletedTenantNames = new Set<string>();

  /** Notes a tenant that this run has made. */
  noteMadeTenant(tenantId: string): void {
    this.#madeTenants.add(tenantId);
  }

  /** Notes a tenant that this run has found again: that it is not another stack's is likely, and not certain. */
  noteRecoveredTenant(tenantId: string): void {
    this.#recoveredTenants.add(tenantId);
    this.noteMadeTenant(tenantId);
  }

  /** Tells whether this run has made a tenant, or found it again after it made it. */
  isMadeTenant(tenantId: string): boolean {
    return this.#madeTenants.has(tenantId);
  }

  /** Tells once of a tenant that this run has found again. */
  takeRecoveredTenant(tenantId: string): boolean {
    return this.#recoveredTenants.delete(tenantId);
  }

  /** Notes a tenant that this run has deleted. */
  noteDeletedTenant(name: string): void {
    this.#deletedTenantNames.add(name);
  }

  /** Tells whether this run has deleted a tenant of a name, which may count as taken for a while. */
  isDeletedTenantName(name: string): boolean {
    return this.#deletedTenantNames.has(name);
  }

  /** Notes an application that this run has deleted. */
  noteDeletedApplication(tenantId: string, applicationId: string): void {
    const ofTenant = this.#deletedApplications.get(tenantId) ?? new Set();
    this.#deletedApplications.set(tenantId, ofTenant.add(applicationId));
  }

  /** Gives the ids of the applications of a tenant that this run has deleted. */
  deletedApplicationsOf(tenantId: string): ReadonlySet<string> {
    return this.#deletedApplications.get(tenantId) ?? new Set();
  }
}
