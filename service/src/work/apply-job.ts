import { customerRecordSchema } from "pulumi-resistant-tenants/internal/stack-outputs";
import { z } from "zod";

import { append } from "../audit/chain";
import { write } from "../records/database";
import type { AppliedCustomer } from "../records/save-applied";
import { jobKeyOf } from "../requests/customers-asked-for";
import { applied, applyFailed, applyStarted, type Guard, planChanged } from "../requests/planned";
import { type Engine, EngineProblem } from "./engine";
import type { Lease } from "./lease";
import { LeaseLostError } from "./lease";
import {
  checkAtVendor,
  factsOf,
  jobOf,
  type PlannedPart,
  planPart,
  PlanProblem,
  prepare,
  reasonFor,
  type Target,
  targetsOf,
} from "./parts";
import { digestOfFacts, type PlanFacts } from "./plan-facts";
import { failureOf } from "./plan-job";
import type { Handled } from "./queue";
import { recover } from "./recover";
import { findRequest, isPaused, wasStarted } from "./requests";
import { type StartingState, startingStateOf } from "./starting-state";
import { noteOwnUpdate, type RequestRow, StackBusyError, withLeases, type Work } from "./work";

/** How long a paused apply, or one of a stack that is busy, waits until it is looked at again, in seconds. */
const laterSeconds = 3;

/**
 * Applies a request. Each delivery looks at what is there and does the next thing: a request that is queued is checked
 * once more and begun; one that was being applied, when its worker was killed, is recovered and gone on with.
 */
export async function applyJob(work: Work, requestId: string): Promise<Handled> {
  const request = await findRequest(work, requestId);
  if (request === undefined) return "done";
  // It failed, and the queue did not hear of it: until somebody has it tried again, its stack is not touched.
  if (request.state === "failed") return (await wasStarted(work, requestId)) ? "blocks" : "done";
  if (request.state !== "queued" && request.state !== "applying") return "done";
  if (request.state === "queued" && (await isPaused(work, request.stage))) return later(work, request);
  try {
    const targets = await targetsOf(work, request);
    const stacks = targets.map(({ customer }) => customer.stack);
    return await withLeases(work, stacks, (leases) => new Apply(work, request, targets, leases).run());
  } catch (error) {
    if (error instanceof StackBusyError) return later(work, request);
    if (!(error instanceof PlanProblem)) throw error;
    // There is no customer, or no stage, to apply it to any more.
    return failed(work, request.id, error);
  }
}

/** Ends an apply that did not succeed: until somebody has it tried again, its stack is not touched. */
async function failed(work: Work, requestId: string, error: unknown, guard?: Guard): Promise<Handled> {
  await applyFailed(work.context, requestId, failureOf(error), guard);
  const after = await findRequest(work, requestId);
  // Nothing was begun: another plan is made, and says what is wrong.
  if (after?.state === "queued") await planChanged(work.context, requestId);
  return after?.state === "failed" ? "blocks" : "done";
}

async function later({ context, queue }: Work, request: RequestRow): Promise<Handled> {
  await write(context, (writing) =>
    queue.postpone(writing, "apply", request.id, jobKeyOf(request), laterSeconds),
  );
  return "done";
}

/** One delivery of an apply, under the leases of its stacks. */
class Apply {
  constructor(
    private readonly work: Work,
    private readonly request: RequestRow,
    private readonly targets: readonly Target[],
    private readonly leases: ReadonlyMap<string, Lease>,
  ) {}

  async run(): Promise<Handled> {
    // Somebody may have ended it while the lease was waited for.
    const now = await findRequest(this.work, this.request.id);
    if (now?.state !== "queued" && now?.state !== "applying") return "done";
    try {
      return await (now.state === "queued" ? this.#begin() : this.#resume());
    } catch (error) {
      if (this.work.stopping.aborted || error instanceof LeaseLostError) throw error;
      return failed(this.work, this.request.id, error, this.#guard);
    }
  }

  /** Makes the plan once more, has its approvals checked once more, and applies it. */
  async #begin(): Promise<Handled> {
    const { work, request } = this;
    await this.#record("checking the plan and its approvals once more");
    const planned = new Map<Target, PlannedPart>();
    for (const target of this.targets) {
      await this.#with(target, async (engine) => {
        const state = await prepare(work, engine, target);
        if (state.size === 0 && !(await wasStarted(work, request.id)))
          await checkAtVendor(work, request, target);
        planned.set(target, await planPart(work, engine, target, state));
      });
    }
    const digest = digestOfFacts(
      factsOf(
        work,
        request,
        [...planned.values()].map(({ part }) => part),
      ),
    );
    if (await isPaused(work, request.stage)) return later(work, request);
    const { isApproved } = await applyStarted(work.context, request.id, digest, this.#guard);
    if (!isApproved) return "done";
    const results: AppliedCustomer[] = [];
    for (const target of this.targets) {
      const found = planned.get(target);
      if (found === undefined) continue;
      results.push(
        await this.#with(target, async (engine) => {
          await engine.write(target.entries);
          const state = found.part.isEmpty ? found.state : await this.#up(engine, target, found.plan);
          return this.#resultOf(engine, target, state);
        }),
      );
    }
    await applied(work.context, request.id, results, this.#guard);
    return "done";
  }

  /** Goes on with what another worker, which was killed, has begun. What it does further was approved with the rest. */
  async #resume(): Promise<Handled> {
    const { work, request } = this;
    const approved = await this.#approvedFacts();
    const results: AppliedCustomer[] = [];
    for (const target of this.targets) {
      results.push(
        await this.#with(target, async (engine) => {
          const { customer, wanted } = target;
          if (wanted.entry === undefined && !(await engine.exists())) return deletedCustomer(target);
          await this.#record("checking what the interrupted update has left, at the vendor and in the state");
          await prepare(work, engine, target);
          const recovery = await recover(engine, customer.stack, reasonFor(request));
          if (recovery.done.length > 0)
            await this.#record(`repaired: ${recovery.done.join("; ")}`, { recovered: recovery.done });
          const state = startingStateOf(await engine.export());
          await noteOwnUpdate(work, customer, state.lastUpdate);
          const { part } = await planPart(work, engine, target, state);
          const known = new Set(approved.parts.find(({ stack }) => stack === customer.stack)?.urns ?? []);
          const others = part.urns.filter((urn) => !known.has(urn));
          if (others.length > 0)
            throw new PlanProblem(
              "notApproved",
              `After the interruption, the rest of the change would touch what was not approved: ${others.join(", ")}. Have it tried again: a new plan is made and shown.`,
            );
          const after = part.isEmpty ? state : await this.#up(engine, target, undefined);
          return this.#resultOf(engine, target, after);
        }),
      );
    }
    await applied(work.context, request.id, results, this.#guard);
    return "done";
  }

  /** Applies, and reads what is there afterwards. */
  async #up(engine: Engine, { customer }: Target, plan: Buffer | undefined): Promise<StartingState> {
    const { work } = this;
    const readState = async (): Promise<StartingState> => {
      const state = startingStateOf(await engine.export());
      await noteOwnUpdate(work, customer, state.lastUpdate);
      return state;
    };
    try {
      await engine.up(plan, ({ message, ...step }) => this.#record(message, { step }));
    } catch (error) {
      // Also what a failed update wrote is ours. One that was interrupted is gone on with by another worker.
      if (error instanceof EngineProblem) await readState().catch(() => undefined);
      throw error;
    }
    return readState();
  }

  async #resultOf(engine: Engine, target: Target, state: StartingState): Promise<AppliedCustomer> {
    const { customer, wanted } = target;
    if (wanted.entry === undefined) {
      await engine.remove();
      return deletedCustomer(target);
    }
    const { customers } = z.object({ customers: z.record(z.string(), z.unknown()) }).parse(state.outputs);
    return {
      name: customer.name,
      entry: wanted.entry,
      record: customerRecordSchema.parse(customers[customer.name]),
      status: wanted.status,
      stackSettings: engine.stackSettings,
      lastUpdate: state.lastUpdate ?? null,
    };
  }

  /** The facts whose digest the apply was begun with: what the database holds beside it counts for nothing. */
  async #approvedFacts(): Promise<PlanFacts> {
    const { database } = this.work.context;
    const plan = await database
      .selectFrom("plans")
      .select(["digest", "facts"])
      .where("id", "=", this.request.plan_id ?? "")
      .executeTakeFirstOrThrow();
    const facts = plan.facts as PlanFacts;
    if (digestOfFacts(facts) !== plan.digest)
      throw new PlanProblem("notApproved", "The plan on record is not the one that was approved.");
    return facts;
  }

  #with<T>(target: Target, act: (engine: Engine) => Promise<T>): Promise<T> {
    const lease = this.leases.get(target.customer.stack);
    if (lease === undefined) throw new Error(`No lease of ${target.customer.stack} is held.`);
    return this.work.engines.with(jobOf(this.work, this.request, target, lease), act);
  }

  /** Nobody has taken a lease meanwhile. */
  readonly #guard = async (writing: Parameters<Lease["insist"]>[0]): Promise<void> => {
    for (const lease of this.leases.values()) await lease.insist(writing);
  };

  async #record(message: string, data: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { context } = this.work;
    const { id, stage, customer } = this.request;
    await write(context, async (writing) => {
      await append(context, writing, {
        kind: "progress",
        requestId: id,
        stage,
        customer: customer ?? undefined,
        data: { message, ...data },
      });
    });
  }
}

function deletedCustomer({ customer }: Target): AppliedCustomer {
  return { name: customer.name, entry: null, record: null, status: "deleted", lastUpdate: null };
}
