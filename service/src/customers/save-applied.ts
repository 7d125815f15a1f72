import { createHash, randomUUID } from "node:crypto";

import type { CustomerRecord } from "pulumi-resistant-tenants";
import { parseInstant } from "pulumi-resistant-tenants/client";
import { canonical } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ServiceContext } from "../context";
import type { RequestRow, Writing } from "../records/schema";
import { findCustomer, stackOf } from "../requests/customers-asked-for";
import type { CustomerRow } from "../requests/stale";

/** A customer's state after an apply. */
export interface AppliedCustomer {
  /** Default: the request's customer. */
  name?: string;
  /** The declared entry; null if it was removed. */
  entry: Readonly<Record<string, unknown>> | null;
  /** The stack's output record; null if the customer was deleted, or handed over and forgotten. */
  record: CustomerRecord | null;
  /** Default: the record's; `deleted` without one. */
  status?: "active" | "deprecated" | "released" | "deleted";
  /** The keys of `Pulumi.<stack>.yaml` beside `config`. */
  stackSettings?: object;
  /** The engine's id of the update. */
  lastUpdate?: string | null;
  /** Until when it is needed: a date; null for no date. Default: unchanged. */
  endsOn?: string | null;
  /** The generations of its credentials that have a successor and still exist. */
  retiring?: readonly RetiringGeneration[];
}

/** A generation of credentials that has a successor and still exists. */
export interface RetiringGeneration {
  cell: string;
  purpose: string;
  generation: number;
  clientId?: string | undefined;
  /** When it is scheduled for deletion: RFC 3339. */
  until?: string | undefined;
}

/** A customer in a request's result. */
export interface SavedCustomer {
  name: string;
  status: string;
  etag: string;
  tenantId?: string;
  applications?: Array<{
    cell: string;
    purpose: string;
    applicationId: string;
    clientId: string;
    secretArn: string;
  }>;
}

/** What an apply was for: a request, or a rotation by the clock. */
export type AppliedFor = Pick<RequestRow, "stage" | "customer"> & {
  /** The request; null for a rotation by the clock. */
  id: string | null;
  requester_id: string | null;
};

/** Records a customer's state after an apply: its tenant, its applications, and a new ETag. */
export async function saveApplied(
  context: Pick<ServiceContext, "now">,
  writing: Writing,
  request: AppliedFor,
  applied: AppliedCustomer,
): Promise<SavedCustomer> {
  const name = applied.name ?? request.customer ?? "";
  const status = applied.status ?? applied.record?.status ?? "deleted";
  const customer = await rowOf(context, writing, request, name);
  const entry = applied.entry ?? customer.entry;
  const record = applied.record ?? customer.record;
  const etag = etagOf({ before: customer.etag, entry, record, status });
  const now = context.now();
  const rotatedAt = lastRotation(applied.record) ?? customer.rotated_at;
  await writing
    .updateTable("customers")
    .set({
      status,
      entry: JSON.stringify(entry),
      record: record === null ? null : JSON.stringify(record),
      etag,
      updated_at: now,
      rotated_at: rotatedAt,
      ...(customer.status === "pending" ? { created_by: request.requester_id } : {}),
      ...(applied.stackSettings === undefined
        ? {}
        : { stack_settings: JSON.stringify(applied.stackSettings) }),
      ...(applied.lastUpdate === undefined ? {} : { last_update: applied.lastUpdate }),
    })
    .where("id", "=", customer.id)
    .execute();
  await writing
    .insertInto("customer_versions")
    .values({
      customer_id: customer.id,
      etag,
      status,
      entry: JSON.stringify(entry),
      record: record === null ? null : JSON.stringify(record),
      request_id: request.id,
      at: now,
    })
    .execute();
  await saveEnd(writing, customer.id, applied.endsOn);
  await saveRetiring(writing, customer.id, applied.retiring ?? []);
  await writing.deleteFrom("clock_rotations").where("customer_id", "=", customer.id).execute();
  if (applied.record === null) await endTenant(context, writing, customer, status);
  else await saveTenant(context, writing, { customer, request, record: applied.record, status });
  return { name, status, etag, ...idsOf(applied.record) };
}

async function saveEnd(writing: Writing, id: string, endsOn: string | null | undefined): Promise<void> {
  if (endsOn === undefined) return;
  await writing.deleteFrom("customer_ends").where("customer_id", "=", id).execute();
  if (endsOn !== null)
    await writing.insertInto("customer_ends").values({ customer_id: id, ends_on: endsOn }).execute();
}

/** How long to wait after the engine found nothing to do although the record says something is due, in milliseconds. */
const againMs = 3_600_000;

/** Records that the engine found nothing to rotate: the record and its ETag stay. */
export async function noteNothingDue(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  { id }: Pick<CustomerRow, "id">,
  { retiring = [] }: Pick<AppliedCustomer, "retiring">,
): Promise<void> {
  await saveRetiring(writing, id, retiring);
  await writing
    .updateTable("clock_rotations")
    .set({
      state: "failed",
      problem: JSON.stringify({ detail: "The engine found nothing to rotate." }),
      updated_at: now(),
      next_at: new Date(now().getTime() + againMs),
    })
    .where("customer_id", "=", id)
    .execute();
}

async function saveRetiring(
  writing: Writing,
  id: string,
  retiring: readonly RetiringGeneration[],
): Promise<void> {
  await writing.deleteFrom("retiring_generations").where("customer_id", "=", id).execute();
  if (retiring.length === 0) return;
  const rows = retiring.map(({ cell, purpose, generation, clientId = null, until = null }) => ({
    customer_id: id,
    cell,
    purpose,
    generation,
    client_id: clientId,
    until,
  }));
  await writing.insertInto("retiring_generations").values(rows).execute();
}

async function rowOf(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  request: AppliedFor,
  name: string,
): Promise<CustomerRow> {
  const found = await findCustomer(writing, request.stage, name);
  if (found !== undefined) return found;
  return await writing
    .insertInto("customers")
    .values({
      id: randomUUID(),
      stage: request.stage,
      name,
      stack: stackOf(request.stage, name),
      status: "pending",
      entry: "{}",
      etag: randomUUID(),
      created_by: request.requester_id,
      created_at: now(),
      updated_at: now(),
      stack_settings: "{}",
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The ETag includes the previous one, so that a record that returns to an earlier value has a new ETag. */
function etagOf(version: object): string {
  return createHash("sha256").update(canonical(version)).digest("hex").slice(0, 32);
}

async function saveTenant(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  {
    customer,
    request,
    record,
    status,
  }: { customer: CustomerRow; request: AppliedFor; record: CustomerRecord; status: string },
): Promise<void> {
  const { tenantId, name, cells, webUiUrls, ssoClaims, applications } = record;
  const changing = {
    name,
    cells: JSON.stringify(cells),
    web_ui_urls: JSON.stringify(webUiUrls),
    read_only_claim: ssoClaims.readOnly,
    read_write_claim: ssoClaims.readWrite,
    status,
    updated_at: now(),
  };
  // The API's time, which may be unreadable: what was applied is recorded all the same.
  const createdAtMs = parseInstant(record.createdAt) ?? now().getTime();
  const made = { created_by: request.requester_id, created_at: new Date(createdAtMs) };
  await writing
    .insertInto("tenants")
    .values({ ...changing, ...made, tenant_id: tenantId, customer_id: customer.id, stage: request.stage })
    .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet(changing))
    .execute();
  const kept: string[] = [];
  for (const application of applications) {
    kept.push(application.applicationId);
    await saveApplication(writing, tenantId, { application, status, requesterId: request.requester_id });
  }
  await writing
    .updateTable("applications")
    .set({ status: "deleted" })
    .where("tenant_id", "=", tenantId)
    .$if(kept.length > 0, (query) => query.where("application_id", "not in", kept))
    .execute();
}

async function saveApplication(
  writing: Writing,
  tenantId: string,
  {
    application,
    status,
    requesterId,
  }: { application: CustomerRecord["applications"][number]; status: string; requesterId: string | null },
): Promise<void> {
  const changing = {
    cell: application.cell,
    purpose: application.purpose,
    client_id: application.clientId,
    auth_method: application.authMethod,
    key_id: application.keyId ?? null,
    token_url: application.tokenUrl,
    secret_arn: application.secretArn,
    status,
    rotated_at: application.rotatedAt ?? null,
  };
  await writing
    .insertInto("applications")
    .values({
      ...changing,
      application_id: application.applicationId,
      tenant_id: tenantId,
      created_by: requesterId,
      created_at: application.createdAt,
    })
    .onConflict((conflict) => conflict.column("application_id").doUpdateSet(changing))
    .execute();
}

async function endTenant(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  { id }: CustomerRow,
  status: string,
): Promise<void> {
  const tenants = await writing
    .updateTable("tenants")
    .set({ status, updated_at: now() })
    .where("customer_id", "=", id)
    .where("status", "<>", "deleted")
    .returning("tenant_id")
    .execute();
  const ids = tenants.map(({ tenant_id: tenantId }) => tenantId);
  if (ids.length === 0) return;
  await writing
    .updateTable("applications")
    .set({ status })
    .where("tenant_id", "in", ids)
    .where("status", "<>", "deleted")
    .execute();
}

function lastRotation(record: CustomerRecord | null): string | undefined {
  const times = (record?.applications ?? []).flatMap(({ rotatedAt }) => rotatedAt ?? []);
  return times.sort().at(-1);
}

function idsOf(record: CustomerRecord | null): Partial<SavedCustomer> {
  if (record === null) return {};
  const applications = record.applications.map(({ cell, purpose, applicationId, clientId, secretArn }) => ({
    cell,
    purpose,
    applicationId,
    clientId,
    secretArn,
  }));
  return { tenantId: record.tenantId, applications };
}
