import { messageOf, type Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ServiceContext } from "../context";
import { write } from "../records/database";
import type { Writing } from "../records/schema";
import { connectTo } from "./vendor";
import type { Work } from "./work";

/** The list of the vendor's tenants is read again before it reaches this age, in milliseconds. */
export const listedEveryMs = 40_000;

/** How many rows are stored by one statement: PostgreSQL takes 65,535 parameters in all. */
const rowsAtOnce = 10_000;

/** A tenant in the vendor's list. */
export interface VendorTenant {
  tenantId: string;
  name: string;
  cells: readonly string[];
}

/** Reads the vendor's tenants of every stage, against which the page checks names and the quota. */
export async function refreshVendorNames(work: Work): Promise<void> {
  const { settings } = work.context;
  for (const stage of Object.keys(settings.stages) as Stage[]) {
    // Of several workers, one does it.
    if (await isFresh(work, stage)) continue;
    try {
      await storeTenants(work, stage, await listTenants(work, stage));
    } catch (error) {
      await storeProblem(work, stage, messageOf(error));
    }
  }
}

/** Lists the vendor's tenants now: before a plan, and before an apply. */
export async function listTenants(
  { context, environment }: Pick<Work, "context" | "environment">,
  stage: Stage,
): Promise<VendorTenant[]> {
  const api = await connectTo(context.settings, stage, environment);
  try {
    return (await api.listTenants()).map(({ tenantId, name, cells }) => ({ tenantId, name, cells }));
  } finally {
    await api.close();
  }
}

/** Finds a tenant by its id: a list may lack one that exists. */
export async function findTenant(
  { context, environment }: Pick<Work, "context" | "environment">,
  stage: Stage,
  tenantId: string,
): Promise<VendorTenant | undefined> {
  const api = await connectTo(context.settings, stage, environment);
  try {
    return await api.getTenant(tenantId);
  } finally {
    await api.close();
  }
}

async function isFresh({ context: { database, now } }: Work, stage: Stage): Promise<boolean> {
  const row = await database
    .selectFrom("vendor_lists")
    .select("listed_at")
    .where("stage", "=", stage)
    .where("problem", "is", null)
    .executeTakeFirst();
  return row !== undefined && now().getTime() - row.listed_at.getTime() < listedEveryMs / 2;
}

/** Stores the vendor's list of a stage, in place of the one before. */
export async function storeTenants(
  { context }: { context: Pick<ServiceContext, "database" | "now"> },
  stage: Stage,
  tenants: readonly VendorTenant[],
): Promise<void> {
  const at = context.now();
  await write(context, async (writing) => {
    await writing
      .insertInto("vendor_lists")
      .values({ stage, listed_at: at, problem: null })
      .onConflict((conflict) => conflict.column("stage").doUpdateSet({ listed_at: at, problem: null }))
      .execute();
    await writing.deleteFrom("vendor_tenants").where("stage", "=", stage).execute();
    await storeDetails(writing, stage, tenants, at);
    for (const some of slicesOf(tenants)) {
      await writing
        .insertInto("vendor_tenants")
        .values(some.map(({ tenantId, name }) => ({ stage, tenant_id: tenantId, name, seen_at: at })))
        .execute();
    }
  });
}

/**
 * What is known about a tenant besides its name is never deleted, above all when it was first seen: a list may lack a
 * tenant that exists, and no other tenant gets its id.
 */
async function storeDetails(
  writing: Writing,
  stage: Stage,
  tenants: readonly VendorTenant[],
  at: Date,
): Promise<void> {
  for (const some of slicesOf(tenants)) {
    const rows = some.map(({ tenantId, cells }) => ({
      stage,
      tenant_id: tenantId,
      cells: JSON.stringify(cells),
      first_seen_at: at,
    }));
    await writing
      .insertInto("vendor_tenant_details")
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(["stage", "tenant_id"]).doUpdateSet({ cells: (row) => row.ref("excluded.cells") }),
      )
      .execute();
  }
}

function* slicesOf<Item>(items: readonly Item[]): Iterable<Item[]> {
  for (let start = 0; start < items.length; start += rowsAtOnce) yield items.slice(start, start + rowsAtOnce);
}

/** The existing list stays, with its age. */
async function storeProblem({ context }: Work, stage: Stage, problem: string): Promise<void> {
  await context.database
    .insertInto("vendor_lists")
    .values({ stage, listed_at: new Date(0), problem })
    .onConflict((conflict) => conflict.column("stage").doUpdateSet({ problem }))
    .execute();
}
