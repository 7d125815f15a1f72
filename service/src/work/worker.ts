import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import type { Kysely } from "kysely";
import { openNotedHeads } from "pulumi-resistant-tenants/internal/journal";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readReach } from "pulumi-resistant-tenants/internal/reach";

import { deleteOldKeys } from "../actions/idempotency";
import { forgetPeople } from "../audit/forget";
import { HeadNoter } from "../audit/note-head";
import type { Schema } from "../records/schema";
import type { ServiceSettings } from "../settings/settings";
import type { ApprovalKeys } from "../signing/keys";
import type { NoticeSeals } from "../signing/notice-seal";
import { applyJob } from "./apply-job";
import { Engines } from "./engine";
import { expireRequests, settleFailedJobs } from "./expire";
import { copyJournals } from "./journals";
import { holderName } from "./lease";
import { OutsideWatch } from "./outside";
import { planJob } from "./plan-job";
import type { Program } from "./program";
import { Queue } from "./queue";
import { rotateJob } from "./rotate-job";
import { queueRotations, tellOfOverdue } from "./rotation-clock";
import { sessionOf } from "./sessions";
import { removeLeftFolders, takeBackJobs } from "./take-back";
import { removeUnappliedStacks } from "./unapplied";
import { listedEveryMs, refreshVendorNames } from "./vendor-names";
import type { Work } from "./work";

/** The options of a worker. */
export interface WorkerOptions {
  database: Kysely<Schema>;
  /** `DATABASE_URL`: the queue has its own connections. */
  databaseUrl: string;
  settings: ServiceSettings;
  approvals: ApprovalKeys;
  /** Seals the messages to webhooks and chats. Default: none are sent. */
  seals?: NoticeSeals;
  /** The worker's environment. */
  environment: EnvironmentVariables;
  program: Program;
  /** Called with problems outside of requests: what failed, and the error. */
  onProblem: Work["onProblem"];
  now?: () => Date;
}

/** How long running jobs may continue when the worker stops, in milliseconds. */
const patienceMs = 20_000;

/** The intervals of periodic tasks, in milliseconds. */
const every = {
  expiry: 5_000,
  takeBack: 2_000,
  outside: 15_000,
  rotations: 30_000,
  journals: 10_000,
  head: 10_000,
  verification: 3_600_000,
  forgetting: 24 * 3_600_000,
} as const;

/** Makes plans, applies requests, and runs periodic tasks. Several workers share the work. */
export class Worker {
  readonly #stopping = new AbortController();
  readonly #idle = new AbortController();
  readonly #loops: Promise<void>[] = [];

  private constructor(
    readonly work: Work,
    stopping: AbortController,
  ) {
    this.#stopping = stopping;
  }

  /** Starts a worker. */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { database, databaseUrl, settings, approvals, seals, environment, program, onProblem } = options;
    const queue = await Queue.open(databaseUrl, (error) => {
      onProblem("queue", error);
    });
    const stopping = new AbortController();
    const now = options.now ?? (() => new Date());
    const work: Work = {
      context: { database, settings, jobs: queue, approvals, now, seals },
      queue,
      engines: await Engines.open(settings, environment, program),
      holder: holderName(await sessionOf(process.pid)),
      environment,
      stopping: stopping.signal,
      onProblem,
    };
    const worker = new Worker(work, stopping);
    await worker.#begin(settings.work.atOnce ?? availableParallelism());
    return worker;
  }

  async #begin(atOnce: number): Promise<void> {
    const { work } = this;
    await takeBackJobs(work);
    await removeLeftFolders(work);
    // One more than engines: a job that waits for a lease does not keep another one from its engine.
    await work.queue.work("plan", atOnce + 1, (job) =>
      "requestId" in job ? planJob(work, job.requestId) : Promise.resolve("done"),
    );
    await work.queue.work("apply", atOnce + 1, (job) =>
      "requestId" in job ? applyJob(work, job.requestId) : rotateJob(work, job.customerId),
    );
    const outside = new OutsideWatch(work);
    this.#loop("vendor's tenants", listedEveryMs / 2, () => refreshVendorNames(work));
    this.#loop("jobs of workers that are gone", every.takeBack, () => takeBackJobs(work));
    this.#loop("expiry", every.expiry, async () => {
      await expireRequests(work);
      await settleFailedJobs(work);
      await removeUnappliedStacks(work);
    });
    this.#loop("rotations", every.rotations, async () => {
      await queueRotations(work);
      await tellOfOverdue(work.context);
    });
    this.#loop("journals", every.journals, () => copyJournals(work));
    this.#loop("outside updates", every.outside, () => outside.next());
    this.#keepAudit();
  }

  /** The worker alone has rights at AWS: it writes the end of the chain there, and deletes old personal data. */
  #keepAudit(): void {
    const { context, environment } = this.work;
    this.#loop("personal data", every.forgetting, async () => {
      await forgetPeople(context);
      await deleteOldKeys(context);
    });
    const place = context.settings.audit.head;
    if (place === undefined) return;
    const heads = new HeadNoter(context, openNotedHeads(place, readReach(environment).aws));
    this.#loop("head of the chain", every.head, () => heads.note());
    this.#loop("verification of the chain", every.verification, async () => {
      const { isWhole, defects } = await heads.verify();
      if (!isWhole) throw new Error(`The chain of events is broken: ${defects[0]?.problem ?? ""}`);
    });
  }

  #loop(what: string, milliseconds: number, act: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      while (!this.#idle.signal.aborted) {
        try {
          await act();
        } catch (error) {
          if (!this.#stopping.signal.aborted) this.work.onProblem(what, error);
        }
        await sleep(milliseconds, undefined, { signal: this.#idle.signal }).catch(() => undefined);
      }
    };
    this.#loops.push(run());
  }

  /**
   * Stops the worker: running jobs may end; those that do not in time are interrupted, and continued by
   * another worker.
   */
  async close(): Promise<void> {
    this.#idle.abort();
    const timer = setTimeout(() => {
      this.#stopping.abort(new Error("The worker ends."));
    }, patienceMs);
    try {
      await this.work.queue.close(patienceMs + 30_000);
    } finally {
      clearTimeout(timer);
      this.#stopping.abort(new Error("The worker ends."));
      await Promise.all(this.#loops);
    }
  }
}
