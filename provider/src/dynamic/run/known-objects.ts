import { TenantManagementError } from "../../client/errors";
import type { ApiApplication, ApiTenant } from "../../client/schemas";
import { onceForAll } from "../../concurrency";
import type { HeldObjects } from "./held-objects";
import type { OwnChanges } from "./own-changes";
import type { Session } from "./session";

/** How long a missing tenant waits for others of its stack, which the engine reads beside it, in milliseconds. */
const gatherMs = 500;

/** What the knowledge of an organization is built on. */
interface Sources {
  session: Session;
  held: HeldObjects;
  own: OwnChanges;
}

/**
 * What this run has learnt of the organization: lists that many resources share, and whether the API knows any of the
 * tenants that the stack holds. When it knows none, the credentials are most likely another organization's, and "not
 * found" does not mean that a tenant is gone.
 */
export class KnownObjects {
  readonly #session: Session;
  readonly #held: HeldObjects;
  readonly #own: OwnChanges;
  readonly #tenantsOfStack = new Set<string>();
  /** Applications that the stack holds, each with its tenant: those the engine spoke of in this run, and those made in it. */
  readonly #applicationsOfStack = new Map<string, string>();
  readonly #applications = new Map<string, Promise<ApiApplication[] | undefined>>();
  #areCredentialsRight = false;
  #isWarnedOfLag = false;

  constructor({ session, held, own }: Sources) {
    this.#session = session;
    this.#held = held;
    this.#own = own;
  }

  /** Notes a tenant that the state holds. */
  noteTenantOfStack(tenantId: unknown): void {
    if (typeof tenantId === "string") this.#tenantsOfStack.add(tenantId);
  }

  /** Tells whether the engine has spoken of no more than one tenant of this stack. */
  isOnlyTenantOfStack(): boolean {
    return this.#tenantsOfStack.size <= 1;
  }

  /** Notes an application that the state holds, or is about to. */
  noteApplicationOfStack(applicationId: string, tenantId: string): void {
    this.#applicationsOfStack.set(applicationId, tenantId);
  }

  /** Tells whether an application is one that the stack holds, as far as this run knows by now. */
  isApplicationOfStack(applicationId: string): boolean {
    return this.#applicationsOfStack.has(applicationId);
  }

  /**
   * Tells whether an application is in the state, or about to be. The engine asks for no difference of what it is told
   * to replace: what is held there is known from the inputs alone.
   */
  isInState(applicationId: string): boolean {
    return this.isApplicationOfStack(applicationId) || this.#held.has("TenantApplication", applicationId);
  }

  /** Gives the ids of the applications in a tenant that the stack holds, as far as this run knows by now. */
  applicationsOfStackIn(tenantId: string): string[] {
    return [...this.#applicationsOfStack].flatMap(([applicationId, owner]) =>
      owner === tenantId ? [applicationId] : [],
    );
  }

  /** Notes that the API has just dealt with a tenant of this stack: the credentials are the right ones. */
  noteOrganizationKnown(): void {
    this.#areCredentialsRight = true;
  }

  /** Notes a tenant that this run has just made: it holds no application. */
  noteNewTenant(tenantId: string): void {
    this.#applications.set(tenantId, Promise.resolve([]));
    this.#own.noteMadeTenant(tenantId);
  }

  /** Gives the tenants of the organization's list by id; the paged list is read once for all that ask. */
  readonly #tenantsById = onceForAll(async (): Promise<Map<string, ApiTenant>> => {
    const tenants = await (await this.#session.api()).listTenants();
    return new Map(tenants.map((tenant) => [tenant.tenantId, tenant]));
  });

  /**
   * Finds a tenant: in the list that all share, or else by its id. A list may lag, and its pages may shift while they
   * are read: what it lacks is not gone.
   *
   * @returns Resolves with undefined only where the API knows none of that id.
   */
  async findTenant(tenantId: string): Promise<ApiTenant | undefined> {
    const listed = (await this.#tenantsById()).get(tenantId);
    const found = listed ?? (await (await this.#session.api()).getTenant(tenantId));
    if (found !== undefined) this.noteOrganizationKnown();
    if (listed === undefined && found !== undefined)
      this.#warnOfLaggingList(`tenant "${found.name}" (${tenantId})`);
    return found;
  }

  /**
   * Finds an application: in its tenant's list, which all share, or else by its id.
   *
   * @returns Resolves with undefined only where the API knows none of that id, or not the tenant.
   */
  async findApplication(tenantId: string, applicationId: string): Promise<ApiApplication | undefined> {
    const list = await this.applicationsOf(tenantId);
    const listed = list?.find((application) => application.applicationId === applicationId);
    if (list === undefined || listed !== undefined) return listed;
    const found = await (await this.#session.api()).getApplication(tenantId, applicationId);
    if (found !== undefined) this.#warnOfLaggingList(`application ${applicationId} of tenant ${tenantId}`);
    return found;
  }

  /** Once: a list that lags may lack everything. */
  #warnOfLaggingList(what: string): void {
    if (this.#isWarnedOfLag) return;
    this.#isWarnedOfLag = true;
    console.warn(
      `warning: a list of the Tenant Management API lacks ${what}, which the API finds by its id. It stays in the state, and so does everything that is found so. Tell the vendor if this lasts.`,
    );
  }

  /** Forgets a tenant's applications, which have changed. */
  forgetApplicationsOf(tenantId: string): void {
    this.#applications.delete(tenantId);
  }

  /** Gives a tenant's applications, undefined where the tenant is gone; the list is read once for all that ask. */
  async applicationsOf(tenantId: string): Promise<ApiApplication[] | undefined> {
    const pending =
      this.#applications.get(tenantId) ?? this.#session.api().then((api) => api.listApplications(tenantId));
    this.#applications.set(tenantId, pending);
    const list = await pending.catch((error: unknown) => {
      if (this.#applications.get(tenantId) === pending) this.#applications.delete(tenantId);
      throw error;
    });
    if (list !== undefined) this.noteOrganizationKnown();
    return list;
  }

  /**
   * Makes sure that what the API does not find is gone, and not merely another organization's.
   *
   * @param what names what was not found: `tenant "acme" (t-1)`
   * @throws {@link TenantManagementError} `REFUSED` when the API knows none of the stack's tenants, with a way to insist
   */
  async assertGone(what: string): Promise<void> {
    if (this.#areCredentialsRight || this.#session.environment["TENANTS_ACCEPT_MISSING"] === "true") return;
    const existing = await this.#tenantsById();
    const isOurOrganization = (): boolean =>
      this.#areCredentialsRight || [...this.#tenantsOfStack].some((tenantId) => existing.has(tenantId));
    if (!isOurOrganization()) await this.#session.surroundings.sleep(gatherMs);
    if (isOurOrganization()) return;
    throw new TenantManagementError(
      "REFUSED",
      `${what} is not known to the Tenant Management API (${this.#session.settings.stage}), and neither is any other tenant of this stack: ` +
        "the credentials are most likely another organization's. Nothing was changed. " +
        "Check tenants:clientId, tenants:tokenUrl and the organization's key. " +
        "If the tenants are truly gone, insist: set the environment variable TENANTS_ACCEPT_MISSING=true and run the same command again.",
    );
  }
}
