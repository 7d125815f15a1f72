import { readdir, rm } from "node:fs/promises";
import path from "node:path";

import { sql } from "kysely";

import { Lease } from "./lease";
import { isGone, type Work } from "./work";

/**
 * Requeues the jobs of ended workers on this host at once. Those of other hosts the queue requeues itself,
 * when their worker has been silent long enough.
 */
export async function takeBackJobs(work: Work): Promise<void> {
  const { database } = work.context;
  const leases = await database
    .selectFrom("leases")
    .select(["stack", "holder"])
    .where("holder", "is not", null)
    .where("holder", "<>", work.holder)
    .execute();
  for (const { stack, holder } of leases) {
    if (holder === null || !(await isGone(holder))) continue;
    const requests = await database
      .selectFrom("requests")
      .select(["id", "state"])
      .where("state", "in", ["previewing", "queued", "applying"])
      .where(sql<boolean>`customer is null or stage || '-' || customer = ${stack}`)
      .execute();
    for (const { id, state } of requests)
      await work.queue.takeBack(state === "previewing" ? "plan" : "apply", id, stack);
    await work.queue.takeBackRotation(stack);
  }
}

/** Removes the job folders of ended workers; those of stacks in use stay. */
export async function removeLeftFolders({ context, holder }: Work): Promise<void> {
  const { directory } = context.settings.work;
  for (const stack of await readdir(directory).catch(() => [])) {
    const lease = await Lease.take(context, stack, holder, isGone);
    if (lease === undefined) continue;
    await rm(path.join(directory, stack), { recursive: true, force: true });
    // The next job ends what a predecessor left running.
    await (lease.predecessor === undefined ? lease.release() : lease.handBack());
  }
}
