import type { Kysely } from "kysely";
import { Client, escapeIdentifier } from "pg";
import { fromKysely, type JobResult, type JobWithMetadata, PgBoss } from "pg-boss";
import { z } from "zod";

import type { Jobs, Writing } from "../context";
import type { Schema } from "../records/schema";

/** The queues, and the schema in which they lie. Jobs hold ids, and nothing else. */
const schema = "pgboss";
export const queues = { plan: "plan", apply: "apply" } as const;
export type QueueName = keyof typeof queues;

const jobSchema = z.object({ requestId: z.string() });
export type JobData = z.output<typeof jobSchema>;

/** How a job ended: one that `blocks` is not delivered again, and keeps the others of its stack waiting. */
export type Handled = "done" | "blocks";

/** A job whose worker is not heard of for so long is another worker's: the least that the queue can do. */
const heartbeatSeconds = 10;
/** How long one delivery may take: as long as the provider may be held back by the vendor. */
const longestJobSeconds = 6 * 3_600;
/** Deliveries: a worker can be killed many times before a request is through. */
const retryLimit = 50;

const common = {
  heartbeatSeconds,
  expireInSeconds: longestJobSeconds,
  retryDelay: 1,
  deleteAfterSeconds: 86_400,
};

/**
 * Makes the queues, and gives the runtime's role its rights on them.
 *
 * @param ownerUrl `DATABASE_OWNER_URL`
 * @param runtimeRole the role of `DATABASE_URL`
 */
export async function installQueue(ownerUrl: string, runtimeRole?: string): Promise<void> {
  const boss = new PgBoss({ connectionString: ownerUrl, schema, supervise: false, schedule: false });
  boss.on("error", () => undefined);
  await boss.start();
  try {
    // A plan that cannot be made blocks nothing.
    await boss.createQueue(queues.plan, { ...common, policy: "standard", retryLimit: 3 });
    // Applies of a stack one after another; one that failed for good keeps the others of its stack waiting.
    await boss.createQueue(queues.apply, { ...common, policy: "key_strict_fifo", retryLimit });
  } finally {
    await boss.stop({ graceful: false });
  }
  if (runtimeRole !== undefined) await grant(ownerUrl, runtimeRole);
}

async function grant(ownerUrl: string, runtimeRole: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const role = escapeIdentifier(runtimeRole);
    await client.query(`grant usage on schema ${schema} to ${role}`);
    await client.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`);
    await client.query(`grant execute on all functions in schema ${schema} to ${role}`);
    await client.query(`grant usage on all sequences in schema ${schema} to ${role}`);
  } finally {
    await client.end();
  }
}

/** The queue, as one process uses it. */
export class Queue implements Jobs {
  private constructor(readonly boss: PgBoss) {}

  /**
   * Opens the queue.
   *
   * @param connection the service's own connections, for a process that only puts work into it; the database's URL for a
   *   worker, which looks after the queue, too: jobs of workers that were killed are delivered again. What it does for
   *   that are several statements at once, of which the first kind of connection answers one.
   */
  static async open(connection: Kysely<Schema> | string, onProblem: (error: Error) => void): Promise<Queue> {
    const isWorker = typeof connection === "string";
    const boss = new PgBoss({
      ...(isWorker ? { connectionString: connection, max: 6 } : { db: fromKysely(connection) }),
      schema,
      migrate: false,
      createSchema: false,
      schedule: false,
      supervise: isWorker,
      superviseIntervalSeconds: 2,
      monitorIntervalSeconds: 2,
      // They are the owner's.
      reindex: false,
      monitorVacuum: false,
    });
    boss.on("error", onProblem);
    await boss.start();
    return new Queue(boss);
  }

  async plan(writing: Writing, requestId: string): Promise<void> {
    await this.boss.send(queues.plan, { requestId }, { db: fromKysely(writing) });
  }

  async apply(writing: Writing, requestId: string, stack: string): Promise<void> {
    await this.#forget(writing, requestId, stack);
    await this.boss.send(queues.apply, { requestId }, { singletonKey: stack, db: fromKysely(writing) });
  }

  /** Has a job done later: nothing of it was begun. */
  async postpone(
    writing: Writing,
    name: QueueName,
    requestId: string,
    stack: string,
    seconds: number,
  ): Promise<void> {
    const options = { startAfter: seconds, db: fromKysely(writing) };
    await this.boss.send(
      queues[name],
      { requestId },
      name === "apply" ? { ...options, singletonKey: stack } : options,
    );
  }

  /** Takes the failed applies of requests that ended, or are tried again, out of the way of the others of their stack. */
  async release(isInTheWay: (requestId: string) => Promise<boolean>): Promise<void> {
    for (const key of await this.boss.getBlockedKeys(queues.apply)) {
      for (const job of await this.#find(key)) {
        if (job.state !== "failed" || (await isInTheWay(requestOf(job)))) continue;
        await this.boss.deleteJob(queues.apply, job.id);
      }
    }
  }

  /** Takes the jobs of a worker that is gone back at once, without waiting until it is not heard of any more. */
  async takeBack(name: QueueName, requestId: string, stack: string): Promise<void> {
    const jobs = await this.#find(name === "apply" ? stack : undefined, queues[name]);
    const own = jobs.filter((job) => job.state === "active" && requestOf(job) === requestId);
    for (const { id } of own) await this.boss.fail(queues[name], id, { why: "its worker is gone" });
  }

  /** Counts what waits, and what is at work. */
  async counts(): Promise<Record<QueueName, { queued: number; active: number; failed: number }>> {
    const entries = await Promise.all(
      Object.values(queues).map(async (name) => {
        const [stats] = await this.boss.getQueueStats(name, { force: true });
        const { queuedCount: queued = 0, activeCount: active = 0, failedCount: failed = 0 } = stats ?? {};
        return [name, { queued, active, failed }] as const;
      }),
    );
    return Object.fromEntries(entries) as Record<
      QueueName,
      { queued: number; active: number; failed: number }
    >;
  }

  /** Works on the jobs of a queue, so many at once; one that throws is delivered again. */
  async work(name: QueueName, atOnce: number, handle: (data: JobData) => Promise<Handled>): Promise<void> {
    const options = {
      batchSize: 1,
      localConcurrency: atOnce,
      pollingIntervalSeconds: 0.5,
      heartbeatRefreshSeconds: 3,
      perJobResults: true,
    } as const;
    await this.boss.work<unknown, unknown, typeof options>(queues[name], options, async (jobs) => {
      const results: JobResult[] = [];
      for (const { id, data } of jobs) {
        const handled = await handle(jobSchema.parse(data));
        results.push({ id, status: handled === "done" ? "completed" : "deadletter" });
      }
      return results;
    });
  }

  /** @param patienceMs how long jobs that are at work may go on */
  async close(patienceMs = 0): Promise<void> {
    await this.boss.stop({ graceful: patienceMs > 0, timeout: patienceMs });
  }

  /** A failed apply of the same request makes way for the next. */
  async #forget(writing: Writing, requestId: string, stack: string): Promise<void> {
    const failed = (await this.#find(stack)).filter(
      (job) => job.state === "failed" && requestOf(job) === requestId,
    );
    for (const { id } of failed) await this.boss.deleteJob(queues.apply, id, { db: fromKysely(writing) });
  }

  #find(key: string | undefined, name: string = queues.apply): Promise<JobWithMetadata<unknown>[]> {
    return this.boss.findJobs(name, key === undefined ? {} : { key });
  }
}

function requestOf({ data }: JobWithMetadata<unknown>): string {
  return jobSchema.safeParse(data).data?.requestId ?? "";
}

/** The queue, for a process that only puts work into it. */
export interface OpenJobs extends Jobs {
  close(): Promise<void>;
}

/** Opens the queue for a process that only puts work into it: when the first is put there. */
export function openJobs(
  database: Kysely<Schema>,
  onProblem: (error: Error) => void = () => undefined,
): OpenJobs {
  let opened: Promise<Queue> | undefined;
  const open = async (): Promise<Queue> => {
    opened ??= Queue.open(database, onProblem);
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
  return {
    plan: async (...given) => (await open()).plan(...given),
    apply: async (...given) => (await open()).apply(...given),
    close: async () => {
      await (await opened)?.close();
    },
  };
}
