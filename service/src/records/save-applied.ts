import { createHash, randomUUID } from "node:crypto";

import type { CustomerRecord } from "pulumi-resistant-tenants";

import type { ServiceContext, Writing } from "../context";
import { findCustomer, stackOf } from "../requests/customers-asked-for";
import type { CustomerRow } from "../requests/stale";
import type { RequestRow } from "../requests/transition";
import { canonical } from "./canonical";

/** What an apply left of a customer. */
export interface AppliedCustomer {
  /** Default: the request's customer. */
  name?: string;
  /** The declared entry; null where it was removed. */
  entry: Readonly<Record<string, unknown>> | null;
  /** The stack's output record; null where the customer was deleted, or handed over and let go. */
  record: CustomerRecord | null;
  /** Default: the record's; `deleted` without one. */
  status?: "active" | "deprecated" | "released" | "deleted";
  /** What `Pulumi.<stack>.yaml` holds beside `config`. */
  stackSettings?: object;
  /** The engine's own id of the update. */
  lastUpdate?: string | null;
}

/** What the request's result says of a customer. */
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

/** Puts a customer on record as an apply left it: with its tenant, its applications, and a new ETag. */
export async function saveApplied(
  context: Pick<ServiceContext, "now">,
  writing: Writing,
  request: RequestRow,
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
  if (applied.record === null) await endTenant(context, writing, customer, status);
  else await saveTenant(context, writing, { customer, request, record: applied.record, status });
  return { name, status, etag, ...idsOf(applied.record) };
}

async function rowOf(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  request: RequestRow,
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

/** Two records that are the same again later have other tags: the one before is part of each. */
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
  }: { customer: CustomerRow; request: RequestRow; record: CustomerRecord; status: string },
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
  const made = { created_by: request.requester_id, created_at: record.createdAt };
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
  }: { application: CustomerRecord["applications"][number]; status: string; requesterId: string },
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
