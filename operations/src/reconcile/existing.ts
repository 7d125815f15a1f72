import type { ApiApplication, ApiTenant, TenantManagementApi } from "pulumi-resistant-tenants/client";
import { type JournalEvent, objectIdOf, type RecordedType } from "pulumi-resistant-tenants/internal/journal";

import type { HeldState } from "../stack/state";
import type { Comparison } from "./comparison";
import { tenantParameters } from "./open-creates";
import { handedOver, recordOf } from "./record";

/** The objects that the journal and the state expect. */
export interface Expectation {
  /** `organization/project/stack`. */
  stack: string;
  apiUrl: string;
  state: HeldState;
  events: readonly JournalEvent[];
}

/** The required methods of the API's client. */
type Lists = Pick<
  TenantManagementApi,
  "listTenants" | "getTenant" | "listApplications" | "getApplication" | "lookTwice"
>;

/** The objects that the API has. */
export interface Existing {
  /** All tenants of the organization. */
  tenants: ApiTenant[];
  /** The applications of the tenants that the stack has in its state or on record, by tenant id. */
  applications: Map<string, readonly ApiApplication[]>;
}

/**
 * Lists what exists at the API, and fetches by id what is expected but not listed: a list may lag, and its
 * pages may shift while they are read, so what it lacks may still exist.
 */
export async function findExisting(api: Lists, expected: Expectation): Promise<Existing> {
  const { state } = expected;
  const held = [...state.tenants, ...state.applications].map(({ tenantId }) => tenantId);
  const ids = new Set([...held, ...expectedIds("Tenant", expected), ...tenantsOfExpected(expected)]);
  const names = new Set(
    recordOf(expected.events, "Tenant", expected).open.flatMap(
      ({ parameters }) => tenantParameters.parse(parameters).name ?? [],
    ),
  );
  const tenants = await findTenants(api, ids, names);
  const onRecord = idsOnRecord(expected);
  const wanted = expectedApplications(expected);
  const looked = tenants
    .filter(({ tenantId, name }) => ids.has(tenantId) || onRecord.has(tenantId) || names.has(name))
    .map(
      async ({ tenantId }) => [tenantId, await findApplications(api, tenantId, wanted(tenantId))] as const,
    );
  return { tenants, applications: new Map(await Promise.all(looked)) };
}

/** Returns the ids of all tenants in a stack's record. */
export function idsOnRecord({
  events,
  stack,
  apiUrl,
}: Pick<Expectation, "events" | "stack" | "apiUrl">): Set<string> {
  const own = events.filter((event) => event.stack === stack && event.apiUrl === apiUrl);
  return new Set(own.flatMap(({ tenantId }) => tenantId ?? []));
}

/** An application exists only with its tenant, which may also be missing from the list. */
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
  names: ReadonlySet<string>,
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

/** What is expected of a tenant's applications. */
interface ExpectedApplications {
  ids: ReadonlySet<string>;
  /** Whether a create is open: its application has no known id yet, so only lists can show it. */
  isCreateOpen: boolean;
}

/** Reads the record once, and returns what is expected of the applications of each tenant. */
function expectedApplications(expected: Expectation): (tenantId: string) => ExpectedApplications {
  const { state, events } = expected;
  const ids = new Map<string, Set<string>>();
  const expect = (tenantId: string, applicationId: string): void => {
    ids.set(tenantId, (ids.get(tenantId) ?? new Set()).add(applicationId));
  };
  const onRecord = expectedIds("TenantApplication", expected);
  for (const event of events) {
    const { type, tenantId } = event;
    const applicationId = type === "TenantApplication" ? objectIdOf(event) : undefined;
    if (applicationId === undefined || tenantId === undefined || !onRecord.has(applicationId)) continue;
    expect(tenantId, applicationId);
  }
  for (const { tenantId, applicationId } of state.applications) expect(tenantId, applicationId);
  const open = new Set(recordOf(events, "TenantApplication", expected).open.map(({ tenantId }) => tenantId));
  return (tenantId) => ({ ids: ids.get(tenantId) ?? new Set(), isCreateOpen: open.has(tenantId) });
}

async function findApplications(
  api: Lists,
  tenantId: string,
  { ids, isCreateOpen }: ExpectedApplications,
): Promise<ApiApplication[]> {
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
  const lacking = [...ids].filter((id) => !applications.has(id));
  for (const found of await Promise.all(lacking.map((id) => api.getApplication(tenantId, id)))) {
    if (found !== undefined) applications.set(found.applicationId, found);
  }
  return [...applications.values()];
}

/** Returns the ids on the stack's record, except those that it certainly deleted or handed over. */
function expectedIds(type: RecordedType, { events, stack, apiUrl, state }: Expectation): Set<string> {
  const own = events.filter(
    (event) => event.type === type && event.stack === stack && event.apiUrl === apiUrl,
  );
  const ids = new Set(own.flatMap((event) => objectIdOf(event) ?? []));
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

/** Returns the ids of what exists, or has a secret in AWS, and is not in this stack's state. */
export function unheldIds(
  { state, emptySecrets }: Pick<Comparison, "state" | "emptySecrets">,
  { tenants, applications }: Existing,
  onRecord: ReadonlySet<string>,
): Set<string> {
  const held = new Set([
    ...state.tenants.map(({ tenantId }) => tenantId),
    ...state.applications.map(({ applicationId }) => applicationId),
    ...state.released,
  ]);
  const ids = [
    ...tenants.map(({ tenantId }) => tenantId).filter((id) => onRecord.has(id) || applications.has(id)),
    ...[...applications.values()].flat().map(({ applicationId }) => applicationId),
    ...[...emptySecrets.values()].map(({ arn }) => arn),
  ];
  return new Set(ids.filter((id) => !held.has(id)));
}
