/**
 * This run's changes, which not every server of the API may see yet: an application of a new tenant is
 * refused with 404, and the delete of a tenant whose applications were just deleted with 409. Only after this
 * run's own changes is it worth another try.
 */
export class OwnChanges {
  readonly #madeTenants = new Set<string>();
  readonly #recoveredTenants = new Set<string>();
  readonly #deletedApplications = new Map<string, Set<string>>();
  readonly #deletedTenantNames = new Set<string>();

  /** Notes a tenant that this run has created. */
  noteMadeTenant(tenantId: string): void {
    this.#madeTenants.add(tenantId);
  }

  /** Notes a tenant that this run has recovered: it is probably, but not certainly, this stack's. */
  noteRecoveredTenant(tenantId: string): void {
    this.#recoveredTenants.add(tenantId);
    this.noteMadeTenant(tenantId);
  }

  /** Returns whether this run has created a tenant, or recovered it after it created it. */
  isMadeTenant(tenantId: string): boolean {
    return this.#madeTenants.has(tenantId);
  }

  /** Returns, only the first time, whether this run has recovered a tenant. */
  takeRecoveredTenant(tenantId: string): boolean {
    return this.#recoveredTenants.delete(tenantId);
  }

  /** Notes a tenant that this run has deleted. */
  noteDeletedTenant(name: string): void {
    this.#deletedTenantNames.add(name);
  }

  /** Returns whether this run has deleted a tenant of a name, which may count as taken for a while. */
  isDeletedTenantName(name: string): boolean {
    return this.#deletedTenantNames.has(name);
  }

  /** Notes an application that this run has deleted. */
  noteDeletedApplication(tenantId: string, applicationId: string): void {
    const ofTenant = this.#deletedApplications.get(tenantId) ?? new Set();
    this.#deletedApplications.set(tenantId, ofTenant.add(applicationId));
  }

  /** Returns the ids of the applications of a tenant that this run has deleted. */
  deletedApplicationsOf(tenantId: string): ReadonlySet<string> {
    return this.#deletedApplications.get(tenantId) ?? new Set();
  }
}
