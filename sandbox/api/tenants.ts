import { type KeyObject, randomUUID } from "node:crypto";

import { ApiError } from "./answer";
import { type Cell, cells as allCells, cellsOf, type Stage } from "./cells";
import { type EcPublicKey, type RsaPublicKey, toKeyObject } from "./keys";
import type { Settings } from "./settings";
import { Timeline } from "./timeline";
import { newClientId, newSecret } from "./tokens";
import { type DocumentsScope, documentsScopes } from "./vocabulary";

/** How an application authenticates. */
export type ApplicationAuthentication =
  | { type: "CLIENT_SECRET"; clientSecret: string }
  | { type: "RSA" | "EC"; publicKey: RsaPublicKey | EcPublicKey; keyObject: KeyObject };

/** The requested authentication of a new application. */
export type RequestedAuthentication = { type: "CLIENT_SECRET" } | RsaPublicKey | EcPublicKey;

export interface TenantApplication {
  applicationId: string;
  clientId: string;
  cell: Cell;
  scopes: DocumentsScope[];
  authentication: ApplicationAuthentication;
}

/** An application to be restored with its former ids; a CLIENT_SECRET one gets a new secret. */
export interface RestoredApplication extends Omit<TenantApplication, "authentication"> {
  requested: RequestedAuthentication;
}

export interface Tenant {
  tenantId: string;
  name: string;
  /** ISO 8601. */
  created: string;
  /** ISO 8601. */
  updated: string;
  cells: Cell[];
  applications: Map<string, TenantApplication>;
}

/** One page of the tenants. */
export interface TenantPage {
  items: Tenant[];
  /** The tenant after which the next page starts; undefined on the last page. */
  nextAfterId: string | undefined;
}

/** The quota of tenants, and how soon the API's servers agree. */
type ConsistencySettings = Pick<
  Settings,
  "quota" | "appCreate404Ms" | "tenantDelete409Ms" | "nameTaken409Ms" | "hideFromList" | "listStaleMs"
>;

/** The organization's tenants and their rules. Every refusal is an {@link ApiError}. */
export class Tenants {
  readonly #stage: Stage;
  readonly #settings: () => ConsistencySettings;
  readonly #tenants = new Map<string, Tenant>();
  readonly #changed: () => void;
  readonly #newId: () => string;
  /** The names of all tenants that ever existed, by id. */
  readonly #names = new Map<string, string>();
  /** The contents of the lists, which may lag: tenants, and applications by tenant. */
  readonly #pastTenants = new Timeline<Tenant>();
  readonly #pastApplications = new Map<string, Timeline<TenantApplication>>();

  /**
   * @param settings - the quota of tenants, and how soon the API's servers agree
   * @param options.changed - called after each change, before the response
   * @param options.newId - makes the ids, by which the list of tenants is ordered; default: random ones
   */
  constructor(
    stage: Stage,
    settings: () => ConsistencySettings,
    { changed = () => undefined, newId = randomUUID }: { changed?: () => void; newId?: () => string } = {},
  ) {
    this.#stage = stage;
    this.#settings = settings;
    this.#changed = changed;
    this.#newId = newId;
  }

  /** Returns the name of a present or former tenant. */
  nameOf(tenantId: string): string | undefined {
    return this.#names.get(tenantId);
  }

  all(): Tenant[] {
    return [...this.#tenants.values()];
  }

  create(name: string, cells: readonly Cell[]): Tenant {
    this.#assertCells(cells);
    const { quota, nameTaken409Ms } = this.#settings();
    const isNameTaken = ({ name: taken }: Tenant): boolean => taken === name;
    if (this.all().some(isNameTaken) || this.#pastTenants.removedWithin(nameTaken409Ms).some(isNameTaken)) {
      throw new ApiError(409, `a tenant with the name ${name} already exists`);
    }
    if (this.#tenants.size >= quota) {
      throw new ApiError(403, `the organization's quota of ${quota} tenants is used up`);
    }
    const created = new Date().toISOString();
    const tenant: Tenant = {
      tenantId: this.#newId(),
      name,
      created,
      updated: created,
      cells: inOrderOf(allCells, cells),
      applications: new Map(),
    };
    this.#tenants.set(tenant.tenantId, tenant);
    this.#names.set(tenant.tenantId, name);
    this.#pastTenants.add(tenant.tenantId, tenant);
    this.#changed();
    return tenant;
  }

  /**
   * Returns a page of the tenants, ordered by id, so that deleting the last tenant of a page does not change
   * the order.
   *
   * @param afterId - the page starts after this id
   */
  page(limit: number, afterId: string | undefined): TenantPage {
    const rest = this.#shown(this.#pastTenants, ({ tenantId }) => tenantId)
      .filter(({ tenantId }) => afterId === undefined || tenantId > afterId)
      .sort((a, b) => (a.tenantId < b.tenantId ? -1 : 1));
    const items = rest.slice(0, limit);
    return { items, nextAfterId: rest.length > limit ? items.at(-1)?.tenantId : undefined };
  }

  /** Returns a tenant's applications, as its list shows them. */
  applicationsOf(tenantId: string): TenantApplication[] {
    this.get(tenantId);
    return this.#shown(this.#pastApplicationsOf(tenantId), ({ applicationId }) => applicationId);
  }

  get(tenantId: string): Tenant {
    const tenant = this.#tenants.get(tenantId);
    if (tenant === undefined) {
      throw new ApiError(404, "there is no such tenant");
    }
    return tenant;
  }

  /** Deletes a tenant that has no applications. */
  delete(tenantId: string): void {
    const { applications } = this.get(tenantId);
    const { tenantDelete409Ms } = this.#settings();
    const justDeleted = this.#pastApplicationsOf(tenantId).removedWithin(tenantDelete409Ms);
    const left = applications.size + justDeleted.length;
    if (left > 0) {
      throw new ApiError(409, `the tenant still has ${left} applications`);
    }
    this.drop(tenantId);
  }

  createApplication(
    tenantId: string,
    cell: Cell,
    scopes: readonly DocumentsScope[],
    requested: RequestedAuthentication,
  ): TenantApplication {
    const tenant = this.get(tenantId);
    const ageMs = Date.now() - Date.parse(tenant.created);
    if (ageMs < this.#settings().appCreate404Ms) {
      throw new ApiError(404, "there is no such tenant");
    }
    this.#assertCells([cell]);
    const application: TenantApplication = {
      applicationId: this.#newId(),
      clientId: newClientId(),
      cell,
      scopes: inOrderOf(documentsScopes, scopes),
      authentication: toAuthentication(requested),
    };
    tenant.applications.set(application.applicationId, application);
    this.#pastApplicationsOf(tenantId).add(application.applicationId, application);
    this.#changed();
    return application;
  }

  application(tenantId: string, applicationId: string): TenantApplication {
    const application = this.get(tenantId).applications.get(applicationId);
    if (application === undefined) {
      throw new ApiError(404, "the tenant has no such application");
    }
    return application;
  }

  deleteApplication(tenantId: string, applicationId: string): void {
    this.application(tenantId, applicationId);
    this.get(tenantId).applications.delete(applicationId);
    this.#pastApplicationsOf(tenantId).remove(applicationId);
    this.#changed();
  }

  /** Finds the existing application with a client id. */
  applicationOfClient(clientId: string): TenantApplication | undefined {
    return this.all()
      .flatMap(({ applications }) => [...applications.values()])
      .find((application) => application.clientId === clientId);
  }

  /** Deletes a tenant with all its applications, which the API itself never does. */
  drop(tenantId: string): void {
    this.get(tenantId);
    this.#tenants.delete(tenantId);
    this.#pastTenants.remove(tenantId);
    this.#changed();
  }

  /** Restores a tenant after a restart, secrets included. */
  reload(tenant: Tenant): void {
    const createdAtMs = Date.parse(tenant.created);
    this.#tenants.set(tenant.tenantId, tenant);
    this.#pastTenants.add(tenant.tenantId, tenant, createdAtMs);
    for (const [applicationId, application] of tenant.applications) {
      this.#pastApplicationsOf(tenant.tenantId).add(applicationId, application, createdAtMs);
    }
  }

  /** Deletes an application by its id alone. */
  dropApplication(applicationId: string): void {
    const owner = this.all().find(({ applications }) => applications.has(applicationId));
    if (owner === undefined) {
      throw new ApiError(404, "there is no such application");
    }
    this.deleteApplication(owner.tenantId, applicationId);
  }

  /** Restores a tenant with its former ids, which the API itself never does. */
  restore(tenant: Omit<Tenant, "applications">, applications: readonly RestoredApplication[]): void {
    this.#assertCells(applications.map(({ cell }) => cell));
    const restored: Tenant = {
      ...tenant,
      applications: new Map(
        applications.map(({ requested, ...application }) => [
          application.applicationId,
          { ...application, authentication: toAuthentication(requested) },
        ]),
      ),
    };
    const createdAtMs = Date.parse(tenant.created);
    this.#tenants.set(tenant.tenantId, restored);
    this.#names.set(tenant.tenantId, tenant.name);
    this.#pastTenants.add(tenant.tenantId, restored, createdAtMs);
    for (const [applicationId, application] of restored.applications) {
      this.#pastApplicationsOf(tenant.tenantId).add(applicationId, application, createdAtMs);
    }
  }

  /** Changes a tenant's cells, which the API itself never does. */
  setCells(tenantId: string, cells: readonly Cell[]): void {
    const tenant = this.get(tenantId);
    tenant.cells = inOrderOf(allCells, cells);
    tenant.updated = new Date().toISOString();
    this.#changed();
  }

  #pastApplicationsOf(tenantId: string): Timeline<TenantApplication> {
    const past = this.#pastApplications.get(tenantId) ?? new Timeline<TenantApplication>();
    this.#pastApplications.set(tenantId, past);
    return past;
  }

  #shown<T>(past: Timeline<T>, idOf: (item: T) => string): T[] {
    const { listStaleMs, hideFromList } = this.#settings();
    return past.before(listStaleMs).filter((item) => !hideFromList.includes(idOf(item)));
  }

  #assertCells(cells: readonly Cell[]): void {
    const missing = cells.filter((cell) => !cellsOf(this.#stage).includes(cell));
    if (missing.length > 0) {
      throw new ApiError(400, `the stage ${this.#stage} has no cell ${missing.join(", ")}`);
    }
  }
}

/** Returns a set in the vendor's order: the requested order has no meaning. */
function inOrderOf<T>(order: readonly T[], members: readonly T[]): T[] {
  return order.filter((member) => members.includes(member));
}

function toAuthentication(requested: RequestedAuthentication): ApplicationAuthentication {
  if (requested.type === "CLIENT_SECRET") {
    return { type: "CLIENT_SECRET", clientSecret: newSecret() };
  }
  try {
    return { type: requested.type, publicKey: requested, keyObject: toKeyObject(requested) };
  } catch (cause) {
    if (cause instanceof TypeError) {
      throw new ApiError(400, `auth_method: ${cause.message}`);
    }
    throw cause;
  }
}
