import { messageOf, type Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import { write } from "../records/database";
import { connectTo } from "./vendor";
import type { Work } from "./work";

/** How old the list of the vendor's tenants gets, at most, in milliseconds: it is read again before. */
export const listedEveryMs = 40_000;

/** Reads the vendor's tenants of every stage, against which names and the quota are checked while somebody asks. */
export async function refreshVendorNames(work: Work): Promise<void> {
  const { settings } = work.context;
  for (const stage of Object.keys(settings.stages) as Stage[]) {
    // Of several workers, one does it.
    if (await isFresh(work, stage)) continue;
    try {
      await store(work, stage, await listTenants(work, stage));
    } catch (error) {
      await storeProblem(work, stage, messageOf(error));
    }
  }
}

/** Asks the vendor now: before a plan, and before it is applied. */
export async function listTenants(
  { context, environment }: Pick<Work, "context" | "environment">,
  stage: Stage,
): Promise<{ tenantId: string; name: string }[]> {
  const api = await connectTo(context.settings, stage, environment);
  try {
    return (await api.listTenants()).map(({ tenantId, name }) => ({ tenantId, name }));
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

async function store(
  { context }: Work,
  stage: Stage,
  tenants: readonly { tenantId: string; name: string }[],
): Promise<void> {
  const at = context.now();
  await write(context, async (writing) => {
    await writing
      .insertInto("vendor_lists")
      .values({ stage, listed_at: at, problem: null })
      .onConflict((conflict) => conflict.column("stage").doUpdateSet({ listed_at: at, problem: null }))
      .execute();
    await writing.deleteFrom("vendor_tenants").where("stage", "=", stage).execute();
    if (tenants.length === 0) return;
    await writing
      .insertInto("vendor_tenants")
      .values(tenants.map(({ tenantId, name }) => ({ stage, tenant_id: tenantId, name, seen_at: at })))
      .execute();
  });
}

/** The list that there is stays, with its age. */
async function storeProblem({ context }: Work, stage: Stage, problem: string): Promise<void> {
  await context.database
    .insertInto("vendor_lists")
    .values({ stage, listed_at: new Date(0), problem })
    .onConflict((conflict) => conflict.column("stage").doUpdateSet({ problem }))
    .execute();
}
