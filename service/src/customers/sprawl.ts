import { sql } from "kysely";
import { dayMs } from "pulumi-resistant-tenants/internal/clock";
import { type Stage, stages, stageTable } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { ServiceContext } from "../context";
import type { Entry } from "../requests/entry";
import type { NewRequest } from "../requests/request";
import { endStates } from "../requests/state-machine";

/** A tenant that may no longer be needed, and the request that would end it. */
export interface SprawlFinding {
  /**
   * - `pastEnd`: a customer of the testing stage whose end date has passed.
   * - `deprecated`: a customer that was deprecated more than 90 days ago.
   * - `unknownTenant`: a tenant at the vendor without a record in this service.
   * - `unapplied`: leftovers of a failed apply that no one has completed.
   */
  kind: "pastEnd" | "deprecated" | "unknownTenant" | "unapplied";
  stage: Stage;
  /** The customer's name; for an unknown tenant, the tenant's. */
  customer: string;
  tenantId?: string;
  /** Since when: the end date, or when it was deprecated, first seen or left over. */
  since: string;
  /** What it is, and what would end it. */
  sentence: string;
  /** The body of the `POST /requests` that would end it. */
  request: NewRequest;
}

/** The stages whose customers are trials: they end on their own date. */
const trialStages = stages.filter((stage) => !stageTable[stage].isProtected);

/** How long a customer may be deprecated, in days. */
export const deprecatedForDays = 90;

/**
 * Returns tenants that may no longer be needed, the oldest first; the vendor advises deleting such tenants.
 * It reads the record and the worker's list of the vendor's tenants, and changes nothing.
 */
export async function sprawl(
  context: Pick<ServiceContext, "database" | "settings" | "now">,
): Promise<SprawlFinding[]> {
  const found = await Promise.all([
    pastEnd(context),
    deprecated(context),
    unknownTenants(context),
    unapplied(context),
  ]);
  const known = new Set<string>();
  return found
    .flat()
    .filter(({ stage, customer }) => {
      const key = `${stage}/${customer}`;
      return known.has(key) ? false : known.add(key);
    })
    .sort((one, other) => Date.parse(one.since) - Date.parse(other.since));
}

type Context = Pick<ServiceContext, "database" | "settings" | "now">;

async function pastEnd({ database, now }: Context): Promise<SprawlFinding[]> {
  const today = now().toISOString().slice(0, 10);
  const rows = await database
    .selectFrom("customers")
    .innerJoin("customer_ends", "customer_ends.customer_id", "customers.id")
    .select(["stage", "name", "etag", "record", "ends_on"])
    .where("stage", "in", trialStages)
    .where("status", "in", ["active", "deprecated"])
    .where("ends_on", "<", today)
    .execute();
  return rows.map(({ stage, name, etag, record, ends_on: endsOn }) => ({
    kind: "pastEnd",
    stage: stage as Stage,
    customer: name,
    ...tenantOf(record),
    since: `${endsOn}T00:00:00.000Z`,
    sentence: `Customer ${name} in ${stage} was needed until ${endsOn}. To delete it, with all documents in it, send this request; or set another end date.`,
    request: deletion(stage as Stage, name, etag, `needed until ${endsOn}`),
  }));
}

async function deprecated({ database, now }: Context): Promise<SprawlFinding[]> {
  const before = new Date(now().getTime() - deprecatedForDays * dayMs);
  const rows = await database
    .selectFrom("customers")
    .select(["stage", "name", "etag", "record"])
    .select(
      // The first version since the last one in which it was not deprecated.
      sql<Date | null>`(select min(at) from customer_versions v where v.customer_id = customers.id and v.status = 'deprecated'
        and not exists (select from customer_versions o where o.customer_id = v.customer_id and o.at > v.at
          and o.status <> 'deprecated'))`.as("since"),
    )
    .where("status", "=", "deprecated")
    .execute();
  return rows.flatMap(({ stage, name, etag, record, since }): SprawlFinding[] =>
    since === null || since > before
      ? []
      : [
          {
            kind: "deprecated",
            stage: stage as Stage,
            customer: name,
            ...tenantOf(record),
            since: since.toISOString(),
            sentence: `Customer ${name} in ${stage} has been deprecated since ${dayOf(since)}. To delete it, with all documents in it, send this request.`,
            request: deletion(
              stage as Stage,
              name,
              etag,
              `deprecated for more than ${deprecatedForDays} days`,
            ),
          },
        ],
  );
}

async function unknownTenants({ database, settings }: Context): Promise<SprawlFinding[]> {
  const rows = await database
    .selectFrom("vendor_tenants")
    .leftJoin("vendor_tenant_details", (join) =>
      join
        .onRef("vendor_tenant_details.tenant_id", "=", "vendor_tenants.tenant_id")
        .onRef("vendor_tenant_details.stage", "=", "vendor_tenants.stage"),
    )
    .select(["vendor_tenants.stage", "vendor_tenants.tenant_id", "name", "cells", "seen_at", "first_seen_at"])
    .where(
      // A tenant that we have deleted may still be in an older list.
      sql<boolean>`not exists (select from tenants t where t.tenant_id = vendor_tenants.tenant_id
        and (t.status <> 'deleted' or t.updated_at >= vendor_tenants.seen_at))`,
    )
    // A customer that is being created already has a row.
    .where(
      sql<boolean>`not exists (select from customers c where c.stage = vendor_tenants.stage
        and c.name = vendor_tenants.name and c.status <> 'deleted')`,
    )
    .execute();
  return rows
    .filter(({ stage }) => settings.stages[stage as Stage] !== undefined)
    .map((row): SprawlFinding => {
      const stage = row.stage as Stage;
      const { name, tenant_id: tenantId } = row;
      const since = row.first_seen_at ?? row.seen_at;
      const cells = z.array(z.string()).catch([]).parse(row.cells);
      return {
        kind: "unknownTenant",
        stage,
        customer: name,
        tenantId,
        since: since.toISOString(),
        sentence: `The vendor has a tenant ${name} in ${stage} without a record in this service. To delete it, first take it over with this request (with its own customerId), then delete it; if a stack outside the service has it, leave it there.`,
        request: {
          kind: "adopt",
          stage,
          reason: "without a record",
          customer: { name, customerId: name, adopt: tenantId, ...(cells.length === 0 ? {} : { cells }) },
        },
      };
    });
}

async function unapplied({ database }: Context): Promise<SprawlFinding[]> {
  const rows = await database
    .selectFrom("customers")
    .innerJoin("events", (join) =>
      join.onRef("events.customer", "=", "customers.name").onRef("events.stage", "=", "customers.stage"),
    )
    .select(["customers.stage", "customers.name", "customers.entry"])
    .select(({ fn }) => fn.min<Date>("events.at").as("since"))
    .where("status", "=", "pending")
    .where("events.kind", "=", "leftUnapplied")
    .whereRef("events.at", ">=", "customers.updated_at")
    .where(
      sql<boolean>`not exists (select from requests r where r.stage = customers.stage and r.customer = customers.name
        and r.state not in (${sql.join([...endStates])}))`,
    )
    .groupBy(["customers.stage", "customers.name", "customers.entry"])
    .execute();
  return rows.map(({ stage, name, entry, since }) => ({
    kind: "unapplied",
    stage: stage as Stage,
    customer: name,
    since: since.toISOString(),
    sentence: `The first request for customer ${name} in ${stage} was started but not completed, and what it created still exists. To continue, send this request; afterwards the customer can be deprecated and deleted like any other.`,
    request: {
      kind: "adopt" in entry ? "adopt" : "createCustomer",
      stage: stage as Stage,
      reason: "left by an earlier request",
      customer: entry as Entry & { name: unknown },
    },
  }));
}

function deletion(stage: Stage, name: string, basedOn: string, reason: string): NewRequest {
  return { kind: "delete", stage, reason, basedOn, customer: { name } };
}

const tenantSchema = z.looseObject({ tenantId: z.string() });

function tenantOf(record: unknown): { tenantId?: string } {
  const { data } = tenantSchema.safeParse(record);
  return data === undefined ? {} : { tenantId: data.tenantId };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
