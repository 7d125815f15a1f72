import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";
import { findLocks } from "resistant-tenants-operations/stack/lock";
import { fullNameOf } from "resistant-tenants-operations/stack/pulumi";

import { append } from "../audit/chain";
import { type StartingState, startingStateOf } from "../plan/starting-state";
import { write } from "../records/database";
import type { Engine } from "./engine";
import { stackSettingsSchema } from "./job-folder";
import { Lease } from "./lease";
import { type CustomerRow, isGone, type Work } from "./work";

/** Checks the customers' stacks in turn for an `up` that was run outside the service. */
export class OutsideWatch {
  #last = "";

  constructor(private readonly work: Work) {}

  /** Checks the next customer; one that is being worked on is skipped. */
  async next(): Promise<void> {
    const customer = (await this.#after(this.#last)) ?? (await this.#after(""));
    if (customer === undefined) return;
    this.#last = customer.id;
    await lookAt(this.work, customer);
  }

  async #after(id: string): Promise<CustomerRow | undefined> {
    return this.work.context.database
      .selectFrom("customers")
      .selectAll()
      .where("status", "in", ["active", "deprecated", "released"])
      .where("last_update", "is not", null)
      .$if(id !== "", (query) => query.where("id", ">", id))
      .orderBy("id")
      .limit(1)
      .executeTakeFirst();
  }
}

async function lookAt(work: Work, customer: CustomerRow): Promise<void> {
  const { context, holder, engines } = work;
  const lease = await Lease.take(context, customer.stack, holder, isGone);
  if (lease === undefined) return;
  // The next job cleans up after a worker that was killed here: the record of its session must stay.
  if (lease.predecessor !== undefined) {
    await lease.handBack();
    return;
  }
  try {
    const present = await context.database
      .selectFrom("customers")
      .selectAll()
      .where("id", "=", customer.id)
      .executeTakeFirstOrThrow();
    const job = {
      id: customer.stack,
      stage: customer.stage as Stage,
      stack: customer.stack,
      reason: "looking for updates outside the service",
      customers: [],
      settings: stackSettingsSchema.parse(present.stack_settings),
      onStart: (session: Parameters<Lease["note"]>[0]) => lease.note(session),
      signal: AbortSignal.any([lease.lost, work.stopping]),
    };
    await engines.with(job, async (engine) =>
      noticeOutsideUpdate(work, engine, present, startingStateOf(await engine.export())),
    );
  } finally {
    await lease.release();
  }
}

/**
 * Detects an update of a customer's stack that was run outside the service. One that is still running is detected at a
 * later look.
 *
 * @param state the stack's state, which was exported under the stack's lease
 */
export async function noticeOutsideUpdate(
  { context }: Pick<Work, "context">,
  engine: ReadingEngine,
  customer: CustomerRow,
  { lastUpdate, size }: StartingState,
): Promise<void> {
  const known = customer.last_update;
  if (known === null || lastUpdate === undefined || lastUpdate === known) return;
  const outside = customer.outside_update as { lastUpdate?: string } | null;
  if (outside?.lastUpdate === lastUpdate) return;
  if (!(await hasEnded(context, engine, lastUpdate))) return;
  await write(context, async (writing) => {
    await writing
      .updateTable("customers")
      .set({ outside_update: JSON.stringify({ lastUpdate, noticedAt: context.now().toISOString() }) })
      .where("id", "=", customer.id)
      .execute();
    const { stage, name } = customer;
    const data = { lastUpdate, known, resources: size };
    await append(context, writing, { kind: "outsideUpdate", stage, customer: name, data });
  });
}

/** Longer than a step of an update takes, with all its repetitions. */
const longestStepMs = 30 * 60_000;

/** The part of an engine that only reads. */
type ReadingEngine = Pick<Engine, "pulumi" | "project" | "environment" | "export">;

/**
 * Returns whether a state that was exported is the end of an update: the engine also saves it after each step. It is, if
 * no update was running at some time before the state is exported again, unchanged; or if no step can have taken that
 * long, since a killed update leaves its lock.
 */
async function hasEnded(
  { settings, now }: Work["context"],
  engine: ReadingEngine,
  lastUpdate: string,
): Promise<boolean> {
  if (now().getTime() - Date.parse(lastUpdate) > longestStepMs) return true;
  const { pulumi, project: directory, environment } = engine;
  const name = await fullNameOf(pulumi);
  const { backendUrl } = settings.work;
  const locks = await findLocks({ name, environment, directory, backendUrl, pulumi });
  // The lock of a process of this host that is gone: it changes nothing more.
  if (locks !== "unseen" && locks.some(({ process }) => process !== "gone")) return false;
  return startingStateOf(await engine.export()).lastUpdate === lastUpdate;
}
