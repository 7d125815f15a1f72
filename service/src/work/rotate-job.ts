import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";
import { refusalOf } from "resistant-tenants-operations/preview/refusal";
import { isEmpty, summaryOf } from "resistant-tenants-operations/preview/summary";

import { rotatedByClock } from "../actions/applied";
import { append } from "../audit/chain";
import type { EventKind } from "../audit/kinds";
import { rotationsDue } from "../customers/rotations";
import { tellOfAttention } from "../notices/tell";
import { type StartingState, startingStateOf } from "../plan/starting-state";
import { write } from "../records/database";
import type { Entry } from "../requests/entry";
import { customerResult } from "./customer-result";
import { type Engine, EngineProblem } from "./engine";
import { stackSettingsSchema } from "./job-folder";
import type { Lease } from "./lease";
import { noteUpdating, readOutcome } from "./outcome";
import { noticeOutsideUpdate } from "./outside";
import type { Handled } from "./queue";
import { recover } from "./recover";
import { isPaused } from "./requests";
import { type CustomerRow, StackBusyError, withLease, type Work } from "./work";

/** The reason in the engine's record. */
const reason = "scheduled rotation";

const laterSeconds = 30;
const hourMs = 3_600_000;

/**
 * Rotates the due credentials of a customer, and ends those whose overlap is over: what was approved with the
 * customer's entry, and nothing else. If more would change, it becomes a request (`actions/clock-requests.ts`).
 */
export async function rotateJob(work: Work, customerId: string): Promise<Handled> {
  const customer = await findCustomer(work, customerId);
  if (customer === undefined) return "done";
  if (await isPaused(work, customer.stage)) return later(work, customer);
  try {
    await withLease(work, customer.stack, async (lease) => {
      const present = await findCustomer(work, customerId);
      if (present !== undefined) await new Rotation(work, present, lease).run();
    });
    return "done";
  } catch (error) {
    if (error instanceof StackBusyError) return later(work, customer);
    throw error;
  }
}

async function findCustomer({ context }: Work, id: string): Promise<CustomerRow | undefined> {
  return context.database
    .selectFrom("customers")
    .selectAll()
    .where("id", "=", id)
    .where("status", "in", ["active", "deprecated"])
    .executeTakeFirst();
}

async function later({ context, queue }: Work, { id, stack }: CustomerRow): Promise<Handled> {
  await write(context, (writing) => queue.rotate(writing, id, stack, laterSeconds));
  return "done";
}

/** One delivery of a rotation, under the lease of the stack. */
class Rotation {
  constructor(
    private readonly work: Work,
    private readonly customer: CustomerRow,
    private readonly lease: Lease,
  ) {}

  async run(): Promise<void> {
    const { work, customer, lease } = this;
    const { id, stage, stack } = customer;
    const due = (await rotationsDue(work.context, id)).filter((one) => one.due);
    // Another apply has done it meanwhile. There is something to complete only after a killed worker.
    if (due.length === 0 && lease.predecessor === undefined) return this.#settled();
    const job = {
      id: stack,
      stage: stage as Stage,
      stack,
      reason,
      customers: [customer.entry as Entry],
      settings: stackSettingsSchema.parse(customer.stack_settings),
      onStart: (session: Parameters<Lease["note"]>[0]) => lease.note(session),
      signal: AbortSignal.any([lease.lost, work.stopping]),
    };
    await work.engines.with(job, async (engine) => {
      try {
        await this.#rotate(engine);
      } catch (error) {
        if (!(error instanceof EngineProblem)) throw error;
        await readOutcome(work, engine, customer).catch(() => undefined);
        await this.#put("failed", "rotationFailed", error.message);
      }
    });
  }

  async #rotate(engine: Engine): Promise<void> {
    const { work, customer, lease } = this;
    const state = startingStateOf(await engine.prepare());
    // Otherwise it would be on record as the service's own.
    await noticeOutsideUpdate(work, engine, customer, state);
    if (state.hasPendingOperations || lease.predecessor !== undefined) {
      await noteUpdating(work, customer);
      await recover(engine, customer.stack, reason);
      await readOutcome(work, engine, customer);
    }
    const { preview, plan } = await engine.preview();
    const summary = summaryOf(preview);
    const refusal = refusalOf(summary, preview, { onlyRotations: true }, work.environment);
    if (refusal !== undefined) return this.#put("beyond", "rotationBeyond", refusal);
    if (!isEmpty(summary)) {
      await noteUpdating(work, customer);
      await engine.up(plan, () => Promise.resolve());
    }
    await this.#save(await readOutcome(work, engine, customer), engine, !isEmpty(summary));
  }

  async #save(state: StartingState, engine: Engine, isChanged: boolean): Promise<void> {
    const { work, customer, lease } = this;
    const result = await customerResult(work, customer, {
      entry: customer.entry as Entry,
      status: customer.status as "active" | "deprecated",
      state,
      stackSettings: engine.stackSettings,
    });
    await rotatedByClock(work.context, customer, result, {
      isChanged,
      guard: (writing) => lease.insist(writing),
    });
  }

  async #settled(): Promise<void> {
    await this.work.context.database
      .deleteFrom("clock_rotations")
      .where("customer_id", "=", this.customer.id)
      .execute();
  }

  /** Records why it was not done. It is tried again in an hour; what is more than a rotation becomes a request. */
  async #put(state: "failed" | "beyond", kind: EventKind, detail: string): Promise<void> {
    const { work, customer, lease } = this;
    const { context } = work;
    const now = context.now();
    await write(context, async (writing) => {
      await lease.insist(writing);
      const row = {
        state,
        problem: JSON.stringify({ detail }),
        request_id: null,
        updated_at: now,
        next_at: new Date(now.getTime() + hourMs),
      };
      await writing
        .insertInto("clock_rotations")
        .values({ customer_id: customer.id, ...row })
        .onConflict((conflict) => conflict.column("customer_id").doUpdateSet(row))
        .execute();
      const { stage, name } = customer;
      if (state === "failed")
        await tellOfAttention(context, writing, {
          // Once a day, however often it is tried.
          id: `rotationFailed ${stage}/${name} ${now.toISOString().slice(0, 10)}`,
          stage,
          customer: name,
          text: `The credentials of customer ${name} in ${stage} could not be rotated by the calendar. It is retried every hour. ${detail}`,
        });
      await append(context, writing, { kind, stage, customer: name, data: { problem: detail } });
    });
  }
}
