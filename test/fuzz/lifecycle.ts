import { strict as assert } from "node:assert";
import { setTimeout as sleepMs } from "node:timers/promises";

import { eventSchema, type JournalEvent } from "../../provider/src/journal";
import type { ProcessResult } from "../../sandbox/process";
import { StackUnderTest } from "../engine/engine";
import { boundaryName, isAnnouncement, type KilledOperation } from "./boundaries";
import { type Declaration, overlapDays, toConfig } from "./declared";
import {
  assertAllNamed,
  assertConsistent,
  assertDestroyed,
  assertOneGenerationEach,
  assertQuiet,
  assertSoundRecord,
} from "./invariants";
import { endOf, runKilled } from "./killed-command";
import { provisionAsTold } from "./person";
import {
  type Command,
  describeStep,
  type InterruptStep,
  type KillStep,
  type LifecyclePlan,
  type Step,
  type Trouble,
} from "./plan";
import { subjectOf } from "./subjects";
import type { Tally } from "./tally";

/** What a lifecycle did that it must not do. */
export interface Finding {
  seed: number;
  index: number;
  /** The steps up to it. */
  steps: string[];
  /** What does not hold. */
  violated: string;
  /** What the engine printed last. */
  lastOutput: string;
}

/** How long a command may take, in milliseconds. */
const patienceMs = 300_000;
/** How many overlaps may follow one another, once nothing more is declared. */
const mostOverlaps = 3;
/** How many characters of the engine's output a finding keeps. */
const keptOutput = 6000;

/** What an `up` says that has something left to do. */
const oneMoreUp = "run `pulumi up` again: generation";

/** The day that the stack's clock begins with. */
const firstDayMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

/** What no message of the project's or the engine's may hold, whatever happened: traces of a mistake in the code. */
const signsOfMistake =
  /Unexpected struct type|is not a function|Cannot read propert|UnhandledPromise|unhandled rejection|panic:|a bug of the sandbox|ReferenceError|SyntaxError/;

/** How a plan is carried out. */
export interface RunChoice {
  /** The most steps of the engine at once; default: the engine's own. */
  parallelism?: number;
  /** Whether an `up` goes on beside what fails (`--continue-on-error`); default: it does not. */
  continuesOnError?: boolean;
  /** Is given the stack when it is repaired, and before it is destroyed. */
  onRepaired?: (stack: StackUnderTest) => Promise<void>;
}

/** Carries out a plan, and finds what it violates; undefined where all is well. */
export async function runLifecycle(
  plan: LifecyclePlan,
  tally: Tally,
  options: RunChoice = {},
): Promise<Finding | undefined> {
  const stack = await StackUnderTest.create({
    stage: plan.stage,
    customers: [],
    config: { "tenants:replaceLostApplications": plan.replacesLostApplications },
    env: {
      ...(options.parallelism === undefined ? {} : { PULUMI_PARALLEL: String(options.parallelism) }),
      ...(options.continuesOnError === true ? { PULUMI_CONTINUE_ON_ERROR: "true" } : {}),
    },
  });
  stack.sandbox.control.nameSubjects((request) => subjectOf(request, () => eventsOf(stack)));
  const lifecycle = new Lifecycle(plan, stack, tally, options);
  try {
    await lifecycle.run();
    return undefined;
  } catch (error) {
    return {
      seed: plan.seed,
      index: plan.index,
      steps: lifecycle.taken,
      violated: error instanceof Error ? error.message : String(error),
      lastOutput: `${stack.printed.join("\n").slice(-keptOutput)}\n${await lifecycle.evidence()}`,
    };
  } finally {
    await stack.close();
  }
}

class Lifecycle {
  readonly taken: string[] = [];
  /** What was handed over: customers, each with the ids of its applications then. */
  readonly #released = new Map<string, string[]>();
  #env: Record<string, string> = {};

  constructor(
    private readonly plan: LifecyclePlan,
    private readonly stack: StackUnderTest,
    private readonly tally: Tally,
    private readonly options: RunChoice,
  ) {}

  async run(): Promise<void> {
    const { plan, stack } = this;
    for (const step of plan.steps) {
      this.tally.steps += 1;
      this.#setDay(step.day);
      if (step.settledFirst !== undefined) await this.#settle(step.settledFirst);
      this.taken.push(describeStep(step));
      this.#noteReleased(step.declaration);
      await this.#take(step);
    }
    if (plan.isReconciled) await assertAllNamed(stack, this.#released);
    this.taken.push("repair");
    this.#setDay(plan.day);
    await this.#settle(plan.declaration);
    if (plan.isRotated) {
      await assertQuiet(stack, this.#env);
      await this.#outlastOverlaps();
    }
    await assertConsistent(stack, plan.declaration, this.#released);
    await assertQuiet(stack, this.#env);
    await this.options.onRepaired?.(stack);
    this.taken.push("destroy");
    if (plan.stage === "production") {
      await this.#settle(
        plan.declaration.map((customer) =>
          customer.status === "released" ? customer : { ...customer, status: "deprecated" },
        ),
      );
    }
    await stack.succeed(["destroy", "--yes", "--skip-preview"], { env: this.#env });
    await assertDestroyed(stack, this.#released);
    if (await assertSoundRecord(stack)) this.tally.settledIntents += 1;
    await stack.assertNoCredentials();
    assert.doesNotMatch(stack.printed.join("\n"), signsOfMistake);
  }

  /** What is at the vendor, and on record, for the report of a finding. */
  async evidence(): Promise<string> {
    const journal = await this.stack.journal().catch(String);
    return `At the vendor: ${JSON.stringify(this.stack.existing())}\nJournal:\n${journal}`;
  }

  #setDay(day: number): void {
    this.#env = { TENANTS_NOW: new Date(firstDayMs + day * dayMs).toISOString() };
  }

  /** What is released is whole, and is not touched again. */
  #noteReleased(declaration: Declaration): void {
    const existing = this.stack.existing();
    for (const { name, status } of declaration) {
      if (status !== "released" || this.#released.has(name)) continue;
      this.#released.set(name, existing[name] ?? []);
      this.tally.releases += 1;
    }
  }

  /** Lets the days go by until each application has one generation left. */
  async #outlastOverlaps(): Promise<void> {
    let { day } = this.plan;
    for (let rounds = 0; rounds < mostOverlaps; rounds += 1) {
      if (
        await assertOneGenerationEach(this.stack).then(
          () => true,
          () => false,
        )
      )
        return;
      day += overlapDays + 1;
      this.#setDay(day);
      this.taken.push(`day ${day}: overlaps are over`);
      this.tally.overlaps += 1;
      await this.#settle(this.plan.declaration);
    }
    await assertOneGenerationEach(this.stack);
  }

  async #take(step: Step): Promise<void> {
    await this.#declare(step.declaration);
    this.#cause(step.trouble);
    try {
      switch (step.kind) {
        case "run":
          await this.#command(step.command);
          return;
        case "kill":
          await this.#kill(step);
          return;
        case "interrupt":
          await this.#interrupt(step);
          return;
      }
    } finally {
      this.#calm();
    }
  }

  async #kill(step: KillStep): Promise<void> {
    const { boundary, nth, subject, command, delayMs, isEngineAlone, trouble } = step;
    const { operation, moment } = boundary;
    const { control } = this.stack.sandbox;
    const begin = control.requestLog().length;
    if (moment === "before" || moment === "after") {
      control.addFault({ operation, subject, nth, kind: "hang", carriedOut: moment === "after" });
    }
    // An update ends a moment after its last call.
    if (moment === "recorded") control.addFault({ operation, subject, nth, kind: "latency", latencyMs: 300 });
    let reachedAtMs: number | undefined;
    const waitMs =
      moment === "before" || moment === "after" ? (trouble.settings.latencyMs ?? 0) + 30 : delayMs;
    const recorded = this.#recordedIntents(operation, subject);
    const isReached = (): boolean => {
      if (moment === "recorded") return this.#recordedIntents(operation, subject) >= recorded + nth;
      const request = control
        .requestLog()
        .slice(begin)
        .filter(
          (record) =>
            record.operation === operation &&
            (subject === undefined || (record.subject ?? record.tenant) === subject),
        )
        .at(nth - 1);
      return request !== undefined && (moment !== "answered" || request.status !== undefined);
    };
    const when = (): boolean => {
      if (!isReached()) return false;
      reachedAtMs ??= performance.now();
      return performance.now() - reachedAtMs >= waitMs;
    };
    const started = await runKilled(this.stack, flagsOf(command), { when, isEngineAlone, env: this.#env });
    const isKilled = started !== undefined;
    this.taken.push(isKilled ? "  killed" : "  ended before it could be killed");
    if (isKilled) {
      this.tally.killed(boundary);
      if (isEngineAlone) {
        this.tally.enginesKilledAlone += 1;
        assert.deepEqual(await endOf(started), [], "what a killed engine had started went on");
      }
      await this.stack.succeed(["cancel", "--yes"]);
    } else {
      this.tally.missedKills += 1;
      // An update may end a moment after its last call, before anybody looks.
      assert.ok(
        !step.isAssigned || isReached(),
        `${boundaryName(boundary)} was not reached: the plan is wrong`,
      );
    }
  }

  /** How many times the journal says that an operation was about to be done. */
  #recordedIntents(operation: KilledOperation, subject: string | undefined): number {
    return eventsOf(this.stack).filter((event) => isAnnouncement(event, operation, subject)).length;
  }

  async #interrupt({ nth, command }: InterruptStep): Promise<void> {
    const { control } = this.stack.sandbox;
    const begin = control.requestLog().length;
    const interruption = new AbortController();
    let hasEnded = false;
    const watch = async (): Promise<void> => {
      while (!hasEnded && control.requestLog().length - begin < nth) await sleepMs(2);
      if (hasEnded) return;
      this.tally.interrupts += 1;
      interruption.abort();
    };
    const watching = watch();
    try {
      await this.#command(command, interruption.signal);
    } finally {
      hasEnded = true;
      await watching;
    }
  }

  /** Runs a command, which may fail, but must end. */
  async #command(command: Command, signal?: AbortSignal): Promise<ProcessResult> {
    const patience = AbortSignal.timeout(patienceMs);
    const startedAtMs = performance.now();
    const result = await this.stack.run(flagsOf(command), {
      env: this.#env,
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    this.tally.commands += 1;
    this.tally.rotations += result.stdout.split(": rotated (").length - 1;
    this.tally.emptySecrets += result.stdout.split("by an interrupted up: it was deleted").length - 1;
    assert.ok(!patience.aborted, `${command} did not end within ${patienceMs / 1000} s`);
    const tookMs = performance.now() - startedAtMs;
    this.taken.push(`  exit code ${result.exitCode} after ${(tookMs / 1000).toFixed(1)} s`);
    return result;
  }

  /** Provisions a declaration without any trouble, doing no more than what the messages say. */
  async #settle(declaration: Declaration): Promise<void> {
    await this.#declare(declaration);
    this.#calm();
    await provisionAsTold({
      up: async () => {
        const { exitCode, stdout, stderr } = await this.#command("up");
        return { isDone: exitCode === 0, said: stdout + stderr, needsAnotherUp: stdout.includes(oneMoreUp) };
      },
      reconcileAndFix: async () => {
        const { exitCode } = await this.stack.tenantsWith(this.#env, "reconcile", "--fix", "--yes");
        assert.ok(exitCode === 0 || exitCode === 3, "the reconcile that was asked for failed");
      },
      replaceLostApplications: async () => {
        this.tally.lostApplications += 1;
        await this.stack.workspace.configure({ "tenants:replaceLostApplications": true });
      },
      isUsed: async (applicationId) =>
        JSON.stringify(await this.stack.workspace.exportState()).includes(applicationId),
      deleteAtVendor: (applicationId) => {
        this.stack.sandbox.control.deleteApplication(applicationId);
      },
      note: (done) => {
        this.taken.push(`  as told: ${done}`);
      },
    });
  }

  #declare(declaration: Declaration): Promise<void> {
    return this.stack.setCustomers(toConfig(declaration));
  }

  #cause({ faults, settings, revokesTokens }: Trouble): void {
    const { control } = this.stack.sandbox;
    control.configure(settings);
    if (revokesTokens) control.revokeTokens();
    for (const fault of faults) control.addFault(fault);
    this.tally.faults += faults.length;
  }

  #calm(): void {
    const { control } = this.stack.sandbox;
    control.clearFaults();
    control.configure({ latencyMs: 0, rateLimit: null });
  }
}

/** Reads the stack's journal, but for a last line that is half written. */
export function eventsOf(stack: StackUnderTest): JournalEvent[] {
  return stack
    .journalLines()
    .filter((line) => line.endsWith("}"))
    .flatMap((line) => eventSchema.safeParse(JSON.parse(line)).data ?? []);
}

function flagsOf(command: Command): string[] {
  const [name = "up", ...flags] = command.split(" ");
  return [name, "--yes", "--skip-preview", ...flags];
}
