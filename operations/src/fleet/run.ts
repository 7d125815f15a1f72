import { rm } from "node:fs/promises";
import { availableParallelism, freemem } from "node:os";

import { messageOf } from "pulumi-resistant-tenants/client";
import { openClock } from "pulumi-resistant-tenants/internal/clock";

import { StackInUse } from "../reconcile/fix";
import { type Encryption, hasKey, readEncryption, writeEncryption } from "../stack/stack-file";
import { UsageError } from "../usage";
import { describeLock, isLeftBehind, isOfThisHost, locksIn, type StackLock } from "./busy";
import { decide, holdsNothing, isToRun, type Why } from "./decide";
import { digestOf, installedRelease, toMessage } from "./digest";
import { engineEnvironment, type EngineResult, runEngine } from "./engine";
import type { Fleet } from "./fleet";
import { findMisplaced } from "./guard";
import { type Try, workThrough } from "./line";
import { ListedTenants } from "./listed-tenants";
import { findLostState } from "./lost-state";
import { alone, openInFolder, repairStack } from "./repair";
import type { FleetStack } from "./stage";
import type { FleetState } from "./states";
import { type SharedLimit, shareTurns } from "./turns";
import { makeFleetFolder, makeWorkFolder, type WorkFolder } from "./work-folder";

/** The commands of a fleet. */
export type FleetCommand = "up" | "preview" | "refresh" | "destroy";

/** The outcome of a stack. */
export type Outcome =
  /** It was run to its end. */
  | "done"
  /** It has nothing to do and was not run. */
  | "unchanged"
  /** Another fleet ran it meanwhile. */
  | "elsewhere"
  | "failed"
  /** It was not run, because another stack contains its customers, or it contains another's. */
  | "refused"
  /** Another process holds its lock. */
  | "locked"
  /** It was not started, because the fleet was interrupted. */
  | "left";

/** A fleet's report about one stack. */
export interface StackReport {
  stack: string;
  /** How many customers it declares. */
  customers: number;
  why: Why;
  outcome: Outcome;
  /** Whether the engine ran. */
  ran: boolean;
  /** The number of the engine's changes, by operation. */
  changes: Record<string, number>;
  seconds: number;
  /** The problem, if there was one. */
  problem?: string;
  /** The output of `pulumi preview --json`. */
  preview?: string;
}

/** Reports progress. */
export interface Progress {
  /** Called once with the stacks to run, and the reports of all others. */
  onPlan(toRun: readonly string[], reports: readonly StackReport[]): void;
  onStart(stack: string): void;
  onChange(stack: string, done: number): void;
  onBusy(stack: string, busy: string): void;
  onNote(note: string): void;
  onEnd(report: StackReport): void;
}

/** How a fleet is run. */
export interface RunOptions {
  /** How many engines run at once; default: as many as cores and memory allow. */
  jobs?: number | undefined;
  /** Only these stacks; default: all. */
  only?: readonly string[];
  /** How long a stack may stay locked by the same process, in milliseconds; default: 10 minutes. */
  patienceMs?: number;
  /** Whether to remove a lock of another host after waiting for it. */
  breakLock?: boolean;
  progress: Progress;
  /** Lets the running stacks finish, and starts no more. */
  signal?: AbortSignal;
}

/** The most memory that one engine with its program and its provider uses, in bytes. */
const memoryOfEngine = 450_000_000;

const usualPatienceMs = 600_000;

/** Returns how many engines the machine has room for. */
export function usualJobs(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor((freemem() * 0.8) / memoryOfEngine)));
}

/** Runs a command on all stacks of a fleet that have something to do. */
export async function runFleet(
  fleet: Fleet,
  command: FleetCommand,
  options: RunOptions,
): Promise<StackReport[]> {
  const limit = await shareTurns(fleet.stage.configuration.settings.apiUrl);
  const run = new FleetRun(fleet, command, options, await makeFleetFolder(), limit);
  try {
    return await run.all();
  } finally {
    limit.close();
    await rm(run.folder, { recursive: true, force: true });
  }
}

class FleetRun {
  readonly #release = installedRelease();
  readonly #environment: Record<string, string>;
  readonly #listedTenants: ListedTenants;
  readonly #nowMs: number;
  #encryption: Encryption = {};
  #broken = new Set<string>();

  constructor(
    private readonly fleet: Fleet,
    private readonly command: FleetCommand,
    private readonly options: RunOptions,
    readonly folder: string,
    private readonly limit: SharedLimit,
  ) {
    this.#environment = {
      ...engineEnvironment(fleet.environment, fleet.backendUrl),
      TENANTS_TURNS_SOCKET: limit.path,
    };
    this.#listedTenants = new ListedTenants(folder, this.#environment);
    this.#nowMs = openClock(fleet.stage.configuration.settings.apiUrl, fleet.environment)().getTime();
  }

  async all(): Promise<StackReport[]> {
    const { fleet, options } = this;
    const states = await fleet.readAll();
    const misplaced = findMisplaced(fleet.holdings(states));
    const known = new Map(fleet.stage.stacks.map((stack) => [stack.name, stack]));
    // A stack with another number of bits is not in the layout, but may still contain something.
    const others = [...misplaced.keys()].filter((name) => !known.has(name));
    const all = [...fleet.stage.stacks, ...others.map((name) => ({ name, customers: [] }))];
    const stacks = all.filter(({ name }) => options.only?.includes(name) ?? true);
    const unknown = options.only?.filter((name) => !known.has(name)) ?? [];
    if (unknown.length > 0)
      throw new UsageError(`--only: ${unknown.join(", ")} is not a stack of ${fleet.stage.name}.`);
    const reports = new Map<string, StackReport>();
    for (const stack of stacks) {
      const problems = misplaced.get(stack.name);
      const report = await this.#plan(stack, states.get(stack.name));
      reports.set(
        stack.name,
        problems === undefined
          ? report
          : { ...report, outcome: "refused", problem: refusal(fleet, problems) },
      );
    }
    const toRun = stacks.filter(({ name }) => reports.get(name)?.outcome === "left");
    options.progress.onPlan(
      toRun.map(({ name }) => name),
      [...reports.values()],
    );
    if (toRun.length > 0) await this.#prepareEncryption(toRun, states);
    const done = await workThrough(inOwnOrder(toRun), {
      jobs: options.jobs ?? usualJobs(),
      patienceMs: options.patienceMs ?? usualPatienceMs,
      work: (stack) => this.#try(stack, reports.get(stack.name)),
      onBusy: (stack, busy) =>
        this.#ended(reports.get(stack.name), {
          outcome: "locked",
          problem: `${busy}. If that process has ended, run the command again with --break-lock.`,
        }),
      onEnd: (stack) => this.#ended(reports.get(stack.name), { outcome: "left" }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    for (const report of done) reports.set(report.stack, report);
    return [...reports.values()];
  }

  /** Plans one stack: `left` if it is to be run. */
  async #plan(stack: FleetStack, state: FleetState | undefined): Promise<StackReport> {
    const digest = digestOf(this.fleet.stage, stack, this.#release);
    const decided = await decide(stack, state, digest, this.#nowMs);
    const holds = state !== undefined && !holdsNothing(state);
    const isWanted = this.command === "up" || this.command === "preview" ? isToRun(decided) : holds;
    return {
      stack: stack.name,
      customers: stack.customers.length,
      why: decided,
      outcome: isWanted ? "left" : "unchanged",
      ran: false,
      changes: {},
      seconds: 0,
    };
  }

  /** All stacks of a stage are encrypted with the same key, so that each can read the secrets in the stage's file. */
  async #prepareEncryption(
    toRun: readonly FleetStack[],
    states: ReadonlyMap<string, FleetState>,
  ): Promise<void> {
    const { stage, backendUrl } = this.fleet;
    this.#encryption = await readEncryption(stage.file);
    const isService = /^https?:/.test(backendUrl) && this.#encryption.secretsprovider === undefined;
    if (hasKey(this.#encryption) || isService || this.command === "preview") return;
    const existing = [...states.values()].find(({ encryption }) => hasKey(encryption))?.encryption;
    if (existing !== undefined) {
      this.#encryption = existing;
    } else {
      const first = toRun.find(({ name }) => !states.has(name)) ?? toRun[0];
      if (first === undefined) return;
      const work = await makeWorkFolder(this.folder, stage, first, this.#encryption);
      await this.#init(first, work);
      this.#encryption = await readEncryption(work.stackFile);
    }
    await writeEncryption(stage.file, this.#encryption).then(
      () => {
        this.options.progress.onNote(
          `${stage.file} now contains the encryption of the stage's secrets: commit it.`,
        );
      },
      (error: unknown) => {
        this.options.progress.onNote(
          `Could not write the encryption of the stage's secrets to ${stage.file}: ${messageOf(error)}`,
        );
      },
    );
  }

  async #init({ name }: FleetStack, work: WorkFolder): Promise<EngineResult> {
    const { secretsprovider } = this.#encryption;
    const provider = secretsprovider === undefined ? [] : ["--secrets-provider", secretsprovider];
    return runEngine(work, ["stack", "init", name, "--no-select", ...provider], {
      environment: this.#environment,
    });
  }

  /** Tries to run a stack, which another process may have run or be running. */
  async #try(stack: FleetStack, planned: StackReport | undefined): Promise<Try<StackReport>> {
    const { fleet, command, options } = this;
    const { progress } = options;
    const startedAtMs = performance.now();
    const seconds = (): number => Math.round((performance.now() - startedAtMs) / 100) / 10;
    try {
      const found = (await fleet.states.locks(stack.name)) ?? [];
      if (found.length > 0) {
        const busy = await this.#busy(stack.name, found);
        if (busy !== undefined) return busy;
      }
      const isThere = (await fleet.states.list()).includes(stack.name);
      const state = isThere ? await fleet.states.read(stack.name) : undefined;
      const now = await this.#plan(stack, state);
      if (now.outcome === "unchanged") {
        return { result: this.#ended(planned, { outcome: "elsewhere", why: planned?.why ?? now.why }) };
      }
      const lost = state === undefined ? await findLostState(fleet, stack.name) : undefined;
      if (lost !== undefined) return { result: this.#ended(now, { outcome: "refused", problem: lost }) };
      // The engine previews no stack that does not exist, and a preview must not create one.
      if (state === undefined && command === "preview")
        return { result: this.#ended(now, { outcome: "done" }) };
      progress.onStart(stack.name);
      const encryption = hasKey(state?.encryption ?? {}) ? state?.encryption : this.#encryption;
      const work = await makeWorkFolder(this.folder, fleet.stage, stack, encryption);
      if (state === undefined) {
        const made = await this.#init(stack, work);
        if (made.exitCode !== 0 && !/already exists/.test(made.problem))
          return this.#failed(now, made, seconds());
      }
      const busy = command === "preview" ? undefined : await this.#repair(stack, state, work);
      if (busy !== undefined) return busy;
      const listed = command === "refresh" ? await this.#listedTenants.file(stack.name, work) : undefined;
      const result = await runEngine(work, this.#arguments(stack), {
        environment: { ...this.#environment, ...(listed === undefined ? {} : { TENANTS_LISTED: listed }) },
        onProgress: (done) => {
          progress.onChange(stack.name, done);
        },
        signal: options.signal,
      });
      const locks = result.exitCode === 0 ? undefined : locksIn(result.problem + result.stdout);
      if (locks !== undefined) return (await this.#busy(stack.name, locks, work)) ?? { busy: "" };
      if (result.exitCode !== 0) return this.#failed(now, result, seconds());
      return {
        result: this.#ended(now, {
          outcome: "done",
          ran: true,
          changes: result.changes,
          seconds: seconds(),
          ...(command === "preview" ? { preview: result.stdout } : {}),
        }),
      };
    } catch (error) {
      return {
        result: this.#ended(planned, { outcome: "failed", problem: messageOf(error), seconds: seconds() }),
      };
    }
  }

  #arguments(stack: FleetStack): string[] {
    const named = ["--stack", stack.name];
    switch (this.command) {
      case "preview":
        return ["preview", "--json", "--show-sames", ...named];
      case "up": {
        const message = toMessage(digestOf(this.fleet.stage, stack, this.#release));
        return [
          "up",
          "--yes",
          "--skip-preview",
          "--json",
          "--continue-on-error",
          "--message",
          message,
          ...named,
        ];
      }
      case "refresh":
      case "destroy":
        return [this.command, "--yes", "--skip-preview", "--json", ...named];
    }
  }

  /**
   * Removes what a killed run left behind, before its pending creates are forgotten.
   *
   * @returns Resolves with undefined if the stack may run now.
   */
  async #repair(
    { name }: FleetStack,
    state: FleetState | undefined,
    work: WorkFolder,
  ): Promise<Try<StackReport> | undefined> {
    const { stage } = this.fleet;
    const isAllowed = stage.configuration.settings.replaceLostApplications !== false;
    if (state === undefined || state.held.pending.length === 0 || !isAllowed) return undefined;
    const { progress } = this.options;
    const repaired = await alone(this.limit.folder, `${this.fleet.backendUrl} ${name}`, async () => {
      // If another fleet has run it since, nothing is left over.
      if ((await this.fleet.states.read(name)).held.pending.length === 0) return false;
      await repairStack(await openInFolder(work, name, this.#environment), (sentence) => {
        progress.onNote(`${name}: ${sentence}`);
      });
      return true;
    }).catch(async (error: unknown) => {
      if (error instanceof StackInUse) return undefined;
      const locks = locksIn(messageOf(error));
      if (locks === undefined) throw error;
      await this.#busy(name, locks, work);
      return { done: false };
    });
    return repaired?.done === true ? undefined : { busy: "another fleet is running it" };
  }

  /**
   * Removes abandoned locks; others are waited for.
   *
   * @returns Resolves with undefined if they are removed.
   */
  async #busy(
    stack: string,
    locks: readonly StackLock[],
    work?: WorkFolder,
  ): Promise<{ busy: string } | undefined> {
    const { progress, breakLock } = this.options;
    // The engine may have reported a lock that is gone by now, or missed another one.
    const found = (await this.fleet.states.locks(stack)) ?? locks;
    const busy = found.map(describeLock).join("; ");
    const isBroken = breakLock === true && !found.some(isOfThisHost) && !this.#broken.has(stack);
    if (!found.every(isLeftBehind) && !isBroken) {
      progress.onBusy(stack, busy);
      return { busy };
    }
    if (found.length === 0) return undefined;
    progress.onNote(`${stack}: the lock was removed. ${busy}.`);
    this.#broken.add(stack);
    const isCleared = await this.fleet.states.clear(found);
    if (!isCleared && work !== undefined)
      await runEngine(work, ["cancel", "--yes", stack], { environment: this.#environment });
    return undefined;
  }

  #failed(report: StackReport, { problem, changes }: EngineResult, seconds: number): Try<StackReport> {
    return { result: this.#ended(report, { outcome: "failed", ran: true, problem, changes, seconds }) };
  }

  #ended(report: StackReport | undefined, ending: Partial<StackReport>): StackReport {
    if (report === undefined) throw new Error("A stack ran that does not belong to the fleet.");
    const ended = { ...report, ...ending };
    this.options.progress.onEnd(ended);
    return ended;
  }
}

/** Fleets that start at once on several machines begin with different stacks. */
function inOwnOrder<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

function refusal({ stage }: Fleet, problems: readonly string[]): string {
  const shown = problems.slice(0, 5).join("; ");
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
  return `${shown}${more}. Run \`npm run tenants -- fleet split --stage ${stage.name}\`, which moves each to its stack.`;
}
