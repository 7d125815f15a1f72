import { canonical, messageOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { PulumiError } from "resistant-tenants-operations/stack/pulumi";

import { applied, applyFailed, applyStarted, insistOnBegun } from "../actions/applied";
import { planChanged } from "../actions/planned";
import type { Guard } from "../actions/report";
import type { AppliedCustomer } from "../customers/save-applied";
import { digestOfFacts, type PlanFacts } from "../plan/facts";
import type { StartingState } from "../plan/starting-state";
import { write } from "../records/database";
import type { RequestRow } from "../records/schema";
import { jobKeyOf } from "../requests/customers-asked-for";
import { IssuerKeysError, issuerRetrySeconds } from "../signing/issuer-keys";
import { customerResult } from "./customer-result";
import { type Engine, EngineProblem } from "./engine";
import type { EngineEvent } from "./engine-events";
import type { Lease } from "./lease";
import {
  insistOnOutcome,
  mustEnd,
  noteUpdating,
  readOutcome,
  unknownOutcome,
  UnknownOutcomeError,
} from "./outcome";
import {
  checkAtVendor,
  factsOf,
  insistOnRotation,
  jobOf,
  keptClients,
  type PlannedPart,
  planPart,
  PlanProblem,
  prepare,
  reasonFor,
  type Target,
  targetsOf,
} from "./parts";
import { failureOf } from "./plan-job";
import type { Handled } from "./queue";
import { recover } from "./recover";
import { findRequest, isPaused, recordProgress, wasLeftHalfDone, wasStarted } from "./requests";
import { StackBusyError, withLeases, type Work } from "./work";

/** How long an apply that is paused, or whose stack is busy, waits before it is tried again, in seconds. */
const laterSeconds = 3;

/**
 * Applies a request. Each delivery continues from the present state: a queued request is checked again and
 * started; one whose worker was killed, or whose outcome could not be read or recorded, is recovered and
 * continued.
 *
 * @throws UnknownOutcomeError, for another delivery
 */
export async function applyJob(work: Work, requestId: string): Promise<Handled> {
  const request = await findRequest(work, requestId);
  if (request === undefined) return "done";
  // It failed, and the queue does not know: its stack is left alone until the request is retried.
  if (request.state === "failed") return (await wasStarted(work, requestId)) ? "blocks" : "done";
  if (request.state !== "queued" && request.state !== "applying") return "done";
  if (request.state === "queued" && (await isPaused(work, request.stage))) return later(work, request);
  try {
    const stacks = (await targetsOf(work, request)).map(({ customer }) => customer.stack);
    return await withLeases(work, stacks, async (leases) => {
      // Another request may have been applied while this one waited for the leases.
      const [now, targets] = [await findRequest(work, requestId), await targetsOf(work, request)];
      if (now?.state !== "queued" && now?.state !== "applying") return "done";
      return new Apply(work, now, targets, leases).run();
    });
  } catch (error) {
    if (error instanceof StackBusyError) return later(work, request);
    if (!(error instanceof PlanProblem)) throw error;
    // The customer or the stage no longer exists.
    return failed(work, request.id, error);
  }
}

/** Ends a failed apply: its stack is left alone until the request is retried. */
async function failed(work: Work, requestId: string, error: unknown, guard?: Guard): Promise<Handled> {
  await applyFailed(work.context, requestId, failureOf(error), guard);
  const after = await findRequest(work, requestId);
  // Nothing was started: a new plan is made, and reports the problem.
  if (after?.state === "queued") await planChanged(work.context, requestId);
  return after?.state === "failed" ? "blocks" : "done";
}

async function later(
  { context, queue }: Work,
  request: RequestRow,
  seconds = laterSeconds,
): Promise<Handled> {
  await write(context, (writing) => queue.postpone(writing, "apply", request.id, jobKeyOf(request), seconds));
  return "done";
}

/** What a progress event of an apply contains besides its message. */
type ApplyProgress =
  | { phase: "checking" | "recovering" | "waitingForIssuer" }
  | { recovered: readonly string[] }
  | { step: Omit<EngineEvent, "message"> };

/** One delivery of an apply, under the leases of its stacks. */
class Apply {
  /** Whether some progress could not be recorded, which is reported once. */
  #lacksProgress = false;
  /** Whether engines may have updated something for the request. */
  #hasBegun = false;

  constructor(
    private readonly work: Work,
    private readonly request: RequestRow,
    private readonly targets: readonly Target[],
    private readonly leases: ReadonlyMap<string, Lease>,
  ) {}

  async run(): Promise<Handled> {
    try {
      return await (this.request.state === "queued" ? this.#begin() : this.#resume());
    } catch (error) {
      if (mustEnd(this.work, error) || error instanceof UnknownOutcomeError) throw error;
      // A command that reads or removes the stack: an update before it may have succeeded.
      if (this.#hasBegun && error instanceof PulumiError) {
        await this.#record(`it is checked again: ${messageOf(error)}`, { phase: "recovering" });
        throw unknownOutcome(this.work, error);
      }
      if (error instanceof IssuerKeysError) {
        await this.#record(
          "the identity provider does not answer, so approvals cannot be verified: waiting",
          {
            phase: "waitingForIssuer",
          },
        );
        return later(this.work, this.request, issuerRetrySeconds);
      }
      return failed(this.work, this.request.id, error, this.#guard);
    }
  }

  /** Plans again, has the approvals checked again, and applies the plan. */
  async #begin(): Promise<Handled> {
    const { work, request } = this;
    await this.#record("checking the plan and its approvals again", { phase: "checking" });
    const planned = new Map<Target, PlannedPart>();
    const halfDone = new Set<Target>();
    for (const target of this.targets) {
      await this.#with(target, async (engine) => {
        const state = await prepare(work, engine, target);
        if (state.size === 0 && !(await wasStarted(work, request.id)))
          await checkAtVendor(work, request, target);
        const found = await planPart(work, engine, target, state);
        insistOnRotation(target, found);
        planned.set(target, found);
        if (state.hasPendingOperations || (await wasLeftHalfDone(work, target.customer)))
          halfDone.add(target);
      });
    }
    const parts = [...planned.values()].map(({ part }) => part);
    const facts = factsOf(work, request, parts);
    if (await isPaused(work, request.stage)) return later(work, request);
    const { isApproved } = await applyStarted(work.context, request.id, digestOfFacts(facts), this.#guard);
    if (!isApproved) return "done";
    this.#hasBegun = true;
    const results: AppliedCustomer[] = [];
    for (const target of this.targets) {
      const found = planned.get(target);
      if (found === undefined) continue;
      results.push(
        await this.#with(target, async (engine) => {
          if (halfDone.has(target)) return this.#goOn(engine, target, facts);
          await engine.write(target.entries);
          const state = found.part.isEmpty ? found.state : await this.#up(engine, target, found.plan);
          return this.#resultOf(engine, target, state);
        }),
      );
    }
    return this.#finish(results);
  }

  /**
   * Continues what an earlier delivery started: its worker was killed, or its outcome is unknown. The rest was
   * approved with it.
   */
  async #resume(): Promise<Handled> {
    const approved = await this.#approvedFacts();
    this.#hasBegun = true;
    for (const target of this.targets) insistOnEntries(target, approved);
    const results: AppliedCustomer[] = [];
    for (const target of this.targets) {
      results.push(
        await this.#with(target, async (engine) => {
          if (target.wanted.entry === undefined && !(await engine.exists())) return deletedCustomer(target);
          return this.#goOn(engine, target, approved);
        }),
      );
    }
    return this.#finish(results);
  }

  /** Settles what an incomplete apply left, and does the rest of what was approved, and no more. */
  async #goOn(engine: Engine, target: Target, approved: PlanFacts): Promise<AppliedCustomer> {
    const { work, request } = this;
    const { customer } = target;
    await this.#record("it was interrupted: checking what the vendor has created or deleted", {
      phase: "recovering",
    });
    await insistOnOutcome(work, () => prepare(work, engine, target));
    await noteUpdating(work, customer);
    const recovery = await recover(engine, customer.stack, reasonFor(request)).catch(
      async (error: unknown) => {
        await readOutcome(work, engine, customer).catch(() => undefined);
        throw error;
      },
    );
    if (recovery.done.length > 0)
      await this.#record(`repaired: ${recovery.done.join("; ")}`, { recovered: recovery.done });
    const state = await readOutcome(work, engine, customer);
    const { part } = await planPart(work, engine, target, state);
    const known = new Set(approved.parts.find(({ stack }) => stack === customer.stack)?.urns ?? []);
    const others = part.urns.filter((urn) => !known.has(urn));
    if (others.length > 0)
      throw new PlanProblem(
        "notApproved",
        `After the interruption, the rest of the change would go beyond the approval: ${others.join(", ")}. Ask an administrator to retry it: a new plan is made and shown.`,
      );
    const after = part.isEmpty ? state : await this.#up(engine, target, undefined);
    return this.#resultOf(engine, target, after);
  }

  /** Applies, and reads the resulting state. */
  async #up(engine: Engine, { customer }: Target, plan: Buffer | undefined): Promise<StartingState> {
    const { work } = this;
    await noteUpdating(work, customer);
    try {
      await engine.up(plan, ({ message, ...step }) => this.#record(message, { step }));
    } catch (error) {
      // The service also wrote the state of a failed update. An interrupted one is continued by another
      // worker.
      if (error instanceof EngineProblem) await readOutcome(work, engine, customer).catch(() => undefined);
      throw error;
    }
    return readOutcome(work, engine, customer);
  }

  async #resultOf(engine: Engine, target: Target, state: StartingState): Promise<AppliedCustomer> {
    const { customer, wanted } = target;
    if (wanted.entry === undefined) {
      await engine.remove();
      return deletedCustomer(target);
    }
    const kept = keptClients(wanted, customer.name, state);
    if (kept.length > 0)
      throw new PlanProblem(
        "notRotated",
        `The credentials of ${kept.join(", ")} were not rotated. Ask an administrator to retry it.`,
      );
    return customerResult(this.work, customer, {
      entry: wanted.entry,
      status: wanted.status,
      endsOn: wanted.endsOn,
      state,
      stackSettings: engine.stackSettings,
    });
  }

  /** Records the results, and ends the request. */
  async #finish(results: readonly AppliedCustomer[]): Promise<Handled> {
    const { work, request } = this;
    await insistOnOutcome(work, () => applied(work.context, request.id, results, this.#guard));
    return "done";
  }

  /** Returns the facts whose digest the apply was started with; other content of the database is ignored. */
  async #approvedFacts(): Promise<PlanFacts> {
    const { database } = this.work.context;
    const plan = await database
      .selectFrom("plans")
      .select(["digest", "facts"])
      .where("id", "=", this.request.plan_id ?? "")
      .executeTakeFirstOrThrow();
    const facts = plan.facts as PlanFacts;
    if (digestOfFacts(facts) !== plan.digest)
      throw new PlanProblem("notApproved", "The recorded plan is not the approved one.");
    if (!(await insistOnBegun(this.work.context, this.request.id, plan.digest, this.#guard)))
      throw new PlanProblem(
        "notApproved",
        "It is marked as applying, but was not started with the approvals of its plan. Nothing was done. Tell an administrator.",
      );
    return facts;
  }

  #with<T>(target: Target, act: (engine: Engine) => Promise<T>): Promise<T> {
    const lease = this.leases.get(target.customer.stack);
    if (lease === undefined) throw new Error(`No lease of ${target.customer.stack} is held.`);
    return this.work.engines.with(jobOf(this.work, this.request, target, lease), act);
  }

  /** Ensures that no one has taken a lease meanwhile. */
  readonly #guard = async (writing: Parameters<Lease["insist"]>[0]): Promise<void> => {
    for (const lease of this.leases.values()) await lease.insist(writing);
  };

  /** Records progress for people who follow the request. The apply does not depend on it: it continues without. */
  async #record(message: string, data: ApplyProgress): Promise<void> {
    try {
      await recordProgress(this.work, this.request, message, data);
    } catch (error) {
      if (!this.#lacksProgress) this.work.onProblem("progress of an apply", error);
      this.#lacksProgress = true;
    }
  }
}

/**
 * Ensures that the customer's entry, read from the database again, is the approved one.
 *
 * @throws PlanProblem
 */
function insistOnEntries({ customer, entries }: Target, { parts }: PlanFacts): void {
  const approved = parts.find(({ stack }) => stack === customer.stack)?.entries;
  if (approved !== undefined && canonical(approved) === canonical(entries)) return;
  throw new PlanProblem(
    "notApproved",
    `The record of customer ${customer.name} is not the approved one. Ask an administrator to retry it: a new plan is made and shown.`,
  );
}

function deletedCustomer({ customer }: Target): AppliedCustomer {
  return { name: customer.name, entry: null, record: null, status: "deleted", lastUpdate: null };
}
