import type { Kysely } from "kysely";
import { Client, escapeIdentifier } from "pg";
import { fromKysely, type JobResult, type JobWithMetadata, PgBoss } from "pg-boss";
import { z } from "zod";

import type { Jobs } from "../context";
import type { Schema, Writing } from "../records/schema";

/** The queues, and their schema. Jobs contain only ids. */
const schema = "pgboss";
/** The names of the queues. */
export const queues = { plan: "plan", apply: "apply" } as const;
/** The name of a queue. */
export type QueueName = keyof typeof queues;

/** A request to plan or apply, or a customer whose credentials the clock rotates. */
const jobSchema = z.union([z.object({ requestId: z.string() }), z.object({ customerId: z.string() })]);
/** The content of a job. */
export type JobData = z.output<typeof jobSchema>;

/** How a job ended: one that `blocks` is not delivered again, and holds back the others of its stack. */
export type Handled = "done" | "blocks";

/** A job whose worker is silent for so long goes to another worker: the least that the queue supports. */
const heartbeatSeconds = 10;
/** How long one delivery may take: as long as the vendor may delay the provider. */
const longestJobSeconds = 6 * 3_600;
/** The number of deliveries: a worker can be killed many times before a request is done. */
const retryLimit = 50;

const common = {
  heartbeatSeconds,
  expireInSeconds: longestJobSeconds,
  retryDelay: 1,
  deleteAfterSeconds: 86_400,
};

/**
 * Creates the queues, and grants the runtime role its rights on them.
 *
 * @param ownerUrl `DATABASE_OWNER_URL`
 * @param runtimeRole the role of `DATABASE_URL`
 */
export async function installQueue(ownerUrl: string, runtimeRole?: string): Promise<void> {
  const boss = new PgBoss({ connectionString: ownerUrl, schema, supervise: false, schedule: false });
  boss.on("error", () => undefined);
  await boss.start();
  try {
    // A failed plan blocks nothing.
    await boss.createQueue(queues.plan, { ...common, policy: "standard", retryLimit: 3 });
    // A stack's applies run one after another; a failed one holds back the others.
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
   * @param connection the service's connections, for a process that only adds jobs; the database's URL for a
   * worker, which also maintains the queue: jobs of killed workers are delivered again. That runs several
   * statements at once, of which the service's connections execute only one.
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
      // These belong to the owner.
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

  /** Queues the rotation of a customer's due credentials, in turn with the applies of its stack. */
  async rotate(writing: Writing, customerId: string, stack: string, startAfter = 0): Promise<void> {
    await this.boss.send(
      queues.apply,
      { customerId },
      { startAfter, singletonKey: stack, db: fromKysely(writing) },
    );
  }

  /** Postpones a job of which nothing was started. */
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

  /**
   * Removes the failed applies of requests that have ended or are retried, so that they no longer hold back
   * the others of their stack.
   */
  async release(isInTheWay: (requestId: string) => Promise<boolean>): Promise<void> {
    for (const key of await this.boss.getBlockedKeys(queues.apply)) {
      for (const job of await this.#find(key)) {
        const requestId = requestOf(job);
        if (job.state !== "failed" || (requestId !== "" && (await isInTheWay(requestId)))) continue;
        await this.boss.deleteJob(queues.apply, job.id);
      }
    }
  }

  /** Requeues the jobs of a worker that has ended at once, without waiting until it has been silent long enough. */
  async takeBack(name: QueueName, requestId: string, stack: string): Promise<void> {
    const jobs = await this.#find(name === "apply" ? stack : undefined, queues[name]);
    const own = jobs.filter((job) => job.state === "active" && requestOf(job) === requestId);
    for (const { id } of own) await this.boss.fail(queues[name], id, { why: "its worker has ended" });
  }

  /** Requeues the rotations of a worker that has ended at once. */
  async takeBackRotation(stack: string): Promise<void> {
    const active = (await this.#find(stack)).filter((job) => job.state === "active" && requestOf(job) === "");
    for (const { id } of active) await this.boss.fail(queues.apply, id, { why: "its worker has ended" });
  }

  /** Counts the jobs that wait, and those in progress. */
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

  /** Works on the jobs of a queue, several at once; one that throws is delivered again. */
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

  /** @param patienceMs how long running jobs may continue */
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

/** Returns the request of a job; for a rotation by the clock, an empty text. */
function requestOf({ data }: JobWithMetadata<unknown>): string {
  const read = jobSchema.safeParse(data).data;
  return read !== undefined && "requestId" in read ? read.requestId : "";
}

/** The queue, for a process that only adds jobs. */
export interface OpenJobs extends Jobs {
  close(): Promise<void>;
}

/** Opens the queue for a process that only adds jobs, when it adds the first. */
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
