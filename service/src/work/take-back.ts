import { readdir, rm } from "node:fs/promises";
import path from "node:path";

import { sql } from "kysely";

import { Lease } from "./lease";
import { isGone, type Work } from "./work";

/**
 * Gives the jobs of workers on this host that are gone back to the queue at once. Those of other hosts the queue takes
 * back itself, when nothing is heard of their worker any more.
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
  }
}

/** Removes the folders of jobs that workers which are gone have left; those of stacks that somebody works on stay. */
export async function removeLeftFolders({ context, holder }: Work): Promise<void> {
  const { directory } = context.settings.work;
  for (const stack of await readdir(directory).catch(() => [])) {
    const lease = await Lease.take(context, stack, holder, isGone);
    if (lease === undefined) continue;
    await rm(path.join(directory, stack), { recursive: true, force: true });
    // What a predecessor left running is looked after by the next job.
    await (lease.predecessor === undefined ? lease.release() : lease.handBack());
  }
}
