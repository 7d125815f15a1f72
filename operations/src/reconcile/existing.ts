import type { ApiApplication, ApiTenant, TenantManagementApi } from "pulumi-resistant-tenants/client";
import { type JournalEvent, objectIdOf, type RecordedType } from "pulumi-resistant-tenants/internal/journal";

import type { HeldState } from "../stack/state";
import { tenantParameters } from "./open-creates";
import { handedOver, recordOf } from "./record";

/** What the journal and the state say that there may be. */
export interface Expectation {
  /** `organization/project/stack`. */
  stack: string;
  apiUrl: string;
  state: HeldState;
  events: readonly JournalEvent[];
}

/** What of the API's client is needed. */
type Lists = Pick<
  TenantManagementApi,
  "listTenants" | "getTenant" | "listApplications" | "getApplication" | "lookTwice"
>;

/** What the API has. */
export interface Existing {
  /** All tenants of the organization. */
  tenants: ApiTenant[];
  /** By tenant id: the applications of the tenants that the stack holds or has on record. */
  applications: Map<string, readonly ApiApplication[]>;
}

/**
 * Asks the API what there is: by its lists, and by its id for whatever is expected and no list has. A list may lag, and its
 * pages may shift while they are read: what it lacks is not gone.
 */
export async function findExisting(api: Lists, expected: Expectation): Promise<Existing> {
  const { state } = expected;
  const held = [...state.tenants, ...state.applications].map(({ tenantId }) => tenantId);
  const ids = new Set([...held, ...expectedIds("Tenant", expected), ...tenantsOfExpected(expected)]);
  const names = recordOf(expected.events, "Tenant", expected).open.flatMap(
    ({ parameters }) => tenantParameters.parse(parameters).name ?? [],
  );
  const tenants = await findTenants(api, ids, names);
  const onRecord = idsOnRecord(expected);
  const looked = tenants
    .filter(({ tenantId, name }) => ids.has(tenantId) || onRecord.has(tenantId) || names.includes(name))
    .map(
      async ({ tenantId }) => [tenantId, await findApplications(api, tenantId, expected, tenants)] as const,
    );
  return { tenants, applications: new Map(await Promise.all(looked)) };
}

/** Gives the ids of all tenants that a stack's record names. */
export function idsOnRecord({
  events,
  stack,
  apiUrl,
}: Pick<Expectation, "events" | "stack" | "apiUrl">): Set<string> {
  const own = events.filter((event) => event.stack === stack && event.apiUrl === apiUrl);
  return new Set(own.flatMap(({ tenantId }) => tenantId ?? []));
}

/** An application is there only with its tenant, which no list may have, either. */
function tenantsOfExpected(expected: Expectation): string[] {
  const { events, stack, apiUrl } = expected;
  const ids = expectedIds("TenantApplication", expected);
  return events
    .filter((event) => event.type === "TenantApplication" && event.stack === stack && event.apiUrl === apiUrl)
    .flatMap((event) => (ids.has(objectIdOf(event) ?? "") ? (event.tenantId ?? []) : []));
}

async function findTenants(
  api: Lists,
  ids: ReadonlySet<string>,
  names: readonly string[],
): Promise<ApiTenant[]> {
  const seen = await api.lookTwice(
    () => api.listTenants(),
    (list) =>
      isEveryIn(
        ids,
        list.map(({ tenantId }) => tenantId),
      ) &&
      isEveryIn(
        names,
        list.map(({ name }) => name),
      ),
  );
  const tenants = new Map(seen.flat().map((tenant) => [tenant.tenantId, tenant]));
  const lacking = [...ids].filter((id) => id !== "" && !tenants.has(id));
  for (const found of await Promise.all(lacking.map((id) => api.getTenant(id)))) {
    if (found !== undefined) tenants.set(found.tenantId, found);
  }
  return [...tenants.values()];
}

/** Where a create is open, its application has no id yet: only lists can show it. */
async function findApplications(
  api: Lists,
  tenantId: string,
  expected: Expectation,
  tenants: readonly ApiTenant[],
): Promise<ApiApplication[]> {
  const { state, events } = expected;
  const isHere = (other: { tenantId?: string | undefined }): boolean => other.tenantId === tenantId;
  const held = state.applications.filter(isHere).map(({ applicationId }) => applicationId);
  const ids = new Set([...held, ...expectedIds("TenantApplication", expected, isHere)]);
  const isCreateOpen = recordOf(events, "TenantApplication", expected).open.some(isHere);
  const seen = await api.lookTwice(
    async () => (await api.listApplications(tenantId)) ?? [],
    (list) =>
      !isCreateOpen &&
      isEveryIn(
        ids,
        list.map(({ applicationId }) => applicationId),
      ),
  );
  const applications = new Map(seen.flat().map((application) => [application.applicationId, application]));
  const lacking = tenants.some(isHere) ? [...ids].filter((id) => !applications.has(id)) : [];
  for (const found of await Promise.all(lacking.map((id) => api.getApplication(tenantId, id)))) {
    if (found !== undefined) applications.set(found.applicationId, found);
  }
  return [...applications.values()];
}

/** Gives the ids that the stack has on record, but for what it deleted for certain or handed over. */
function expectedIds(
  type: RecordedType,
  { events, stack, apiUrl, state }: Expectation,
  isWanted: (event: JournalEvent) => boolean = () => true,
): Set<string> {
  const own = events.filter(
    (event) => event.type === type && event.stack === stack && event.apiUrl === apiUrl,
  );
  const ids = new Set(own.filter(isWanted).flatMap((event) => objectIdOf(event) ?? []));
  const deleted = own.filter(
    (event) =>
      event.event === "result" &&
      event.operation === "delete" &&
      (event.outcome === "deleted" || event.outcome === "gone"),
  );
  const over = [
    ...deleted.flatMap((event) => objectIdOf(event) ?? []),
    ...handedOver(type, { events, stack, state }),
  ];
  for (const id of over) ids.delete(id);
  return ids;
}

function isEveryIn(wanted: Iterable<string>, present: readonly string[]): boolean {
  const all = new Set(present);
  return [...wanted].every((each) => each === "" || all.has(each));
}
