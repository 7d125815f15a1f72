import { readFile } from "node:fs/promises";

import { z } from "zod";

import { cells } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import { parseJson } from "../../client/json";
import { type ApiApplication, type ApiTenant, identifierSchema } from "../../client/schemas";
import { onceForAll } from "../../concurrency";
import type { HeldObjects } from "./held-objects";
import type { OwnChanges } from "./own-changes";
import type { Session } from "./session";

/**
 * How long a missing tenant waits for others of its stack, which the engine reads at the same time, in
 * milliseconds.
 */
const gatherMs = 500;

/** The API knows none of the stack's tenants: the credentials most likely belong to another organization. */
export class UnknownOrganizationError extends TenantManagementError {}

/** The sources of the knowledge about an organization. */
interface Sources {
  session: Session;
  held: HeldObjects;
  own: OwnChanges;
}

/**
 * What this run has learnt about the organization: lists that many resources share, and whether the API knows
 * any of the stack's tenants. If it knows none, the credentials most likely belong to another organization,
 * and "not found" does not mean that a tenant is deleted.
 */
export class KnownObjects {
  readonly #session: Session;
  readonly #held: HeldObjects;
  readonly #own: OwnChanges;
  readonly #tenantsOfStack = new Set<string>();
  /** Applications of the stack: those in the engine's requests of this run, and those created in it. */
  readonly #applicationsOfStack = new Set<string>();
  /** The same, by tenant. */
  readonly #applicationsOfStackIn = new Map<string, Set<string>>();
  readonly #applications = new Map<string, Promise<ApiApplication[] | undefined>>();
  #areCredentialsRight = false;
  #isWarnedOfLag = false;

  constructor({ session, held, own }: Sources) {
    this.#session = session;
    this.#held = held;
    this.#own = own;
  }

  /** Notes a tenant in the state. */
  noteTenantOfStack(tenantId: unknown): void {
    if (typeof tenantId === "string") this.#tenantsOfStack.add(tenantId);
  }

  /** Returns whether the engine has named at most one tenant of this stack. */
  isOnlyTenantOfStack(): boolean {
    return this.#tenantsOfStack.size <= 1;
  }

  /** Notes an application that is in the state, or about to be. */
  noteApplicationOfStack(applicationId: string, tenantId: string): void {
    this.#applicationsOfStack.add(applicationId);
    const inTenant = this.#applicationsOfStackIn.get(tenantId) ?? new Set();
    this.#applicationsOfStackIn.set(tenantId, inTenant.add(applicationId));
  }

  /** Returns whether an application is the stack's, as far as this run knows. */
  isApplicationOfStack(applicationId: string): boolean {
    return this.#applicationsOfStack.has(applicationId);
  }

  /**
   * Returns whether an application is in the state, or about to be. The engine calls no `diff` for a resource
   * with `--replace`: its object is known from the inputs alone.
   */
  isInState(applicationId: string): boolean {
    return this.isApplicationOfStack(applicationId) || this.#held.has("TenantApplication", applicationId);
  }

  /** Returns the ids of the stack's applications in a tenant, as far as this run knows. */
  applicationsOfStackIn(tenantId: string): string[] {
    return [...(this.#applicationsOfStackIn.get(tenantId) ?? [])];
  }

  /** Notes that the API has just accepted a call about a tenant of this stack: the credentials are correct. */
  noteOrganizationKnown(): void {
    this.#areCredentialsRight = true;
  }

  /** Notes a tenant that this run has just created: it has no application. */
  noteNewTenant(tenantId: string): void {
    this.#applications.set(tenantId, Promise.resolve([]));
    this.#own.noteMadeTenant(tenantId);
  }

  /** Returns the organization's tenants by id; the paged list is read once for all callers. */
  readonly #tenantsById = onceForAll(async (): Promise<Map<string, ApiTenant>> => {
    const listed = await readListedTenants(this.#session.environment["TENANTS_LISTED"]);
    const tenants = listed ?? (await (await this.#session.api()).listTenants());
    return new Map(tenants.map((tenant) => [tenant.tenantId, tenant]));
  });

  /**
   * Finds a tenant in the shared list, or else by its id. A list may lag, and its pages may shift while they
   * are read: what it lacks may still exist.
   *
   * @returns Resolves with undefined only if the API does not find the id.
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
   * Finds an application in its tenant's shared list, or else by its id.
   *
   * @returns Resolves with undefined only if the API does not find the id, or the tenant.
   */
  async findApplication(tenantId: string, applicationId: string): Promise<ApiApplication | undefined> {
    const list = await this.applicationsOf(tenantId);
    const listed = list?.find((application) => application.applicationId === applicationId);
    if (list === undefined || listed !== undefined) return listed;
    const found = await (await this.#session.api()).getApplication(tenantId, applicationId);
    if (found !== undefined) this.#warnOfLaggingList(`application ${applicationId} of tenant ${tenantId}`);
    return found;
  }

  /** Warns only once: a list that lags may lack everything. */
  #warnOfLaggingList(what: string): void {
    if (this.#isWarnedOfLag) return;
    this.#isWarnedOfLag = true;
    console.warn(
      `warning: a list of the Tenant Management API lacks ${what}, but the API finds it by its id. It stays in the state, like everything found this way. Tell the vendor if this lasts.`,
    );
  }

  /** Forgets a tenant's applications, which have changed. */
  forgetApplicationsOf(tenantId: string): void {
    this.#applications.delete(tenantId);
  }

  /** Returns a tenant's applications, undefined if the tenant is deleted; the list is read once for all callers. */
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
   * Ensures that what the API does not find is deleted, and not merely another organization's.
   *
   * @param what names what was not found: `tenant "acme" (t-1)`
   * @throws {@link UnknownOrganizationError} if the API knows none of the stack's tenants, with how to
   * confirm
   */
  async assertGone(what: string): Promise<void> {
    if (this.#areCredentialsRight || this.#session.environment["TENANTS_ACCEPT_MISSING"] === "true") return;
    const existing = await this.#tenantsById();
    const isOurOrganization = (): boolean =>
      this.#areCredentialsRight || [...this.#tenantsOfStack].some((tenantId) => existing.has(tenantId));
    if (!isOurOrganization()) await this.#session.surroundings.sleep(gatherMs);
    if (isOurOrganization()) return;
    throw new UnknownOrganizationError(
      "REFUSED",
      `The Tenant Management API (${this.#session.settings.stage}) does not know ${what}, nor any other tenant of this stack: ` +
        "the credentials most likely belong to another organization. Nothing was changed. " +
        "Check tenants:clientId, tenants:tokenUrl and the organization's key. " +
        "If the tenants no longer exist, set the environment variable TENANTS_ACCEPT_MISSING=true and run the same command again.",
    );
  }
}

const listSchema = z.array(
  z.object({
    tenantId: identifierSchema,
    name: z.string(),
    cells: z.array(z.string()),
    createdAt: z.string(),
    updatedAt: z.string(),
    webUiUrls: z.partialRecord(z.enum(cells), z.string()),
  }),
);

/**
 * Reads the organization's tenants, which a fleet has listed once for all of its engines (`TENANTS_LISTED`).
 *
 * @returns Resolves with undefined if there is no readable list: then this run lists them itself.
 */
async function readListedTenants(file: string | undefined): Promise<ApiTenant[] | undefined> {
  if (file === undefined || file === "") return undefined;
  const text = await readFile(file, "utf8").catch(() => "");
  return listSchema.safeParse(parseJson(text)).data;
}
