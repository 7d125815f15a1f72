import { strict as assert } from "node:assert";

import { forgetCredentials } from "../../provider/src/client/redaction";
import { tenantApplicationType } from "../../provider/src/names/resource-types";
import { boundaryName } from "../fuzz/boundaries";
import { type Declaration, overlapDays } from "../fuzz/declared";
import { describeStep, type KillStep, type LifecyclePlan, type Step } from "../fuzz/plan";
import { Random } from "../fuzz/random";
import type { Tally } from "../fuzz/tally";
import { CommandLife, type Passage } from "./command-life";
import { causeFaults, type RequestFault } from "./faults";
import {
  assertAllNamed,
  assertConsistent,
  assertDestroyed,
  assertMayBeDeleted,
  assertNoCredentials,
  assertSoundRecord,
  existingIn,
  hasOneGenerationEach,
} from "./invariants";
import { killAt } from "./kills";
import { reconcileAndFix } from "./reconcile";
import { type CommandOptions, type CommandResult, type Sabotage, SimulatedStack } from "./stack";

/** What a simulated lifecycle did that it must not do. */
export interface Finding {
  seed: number;
  index: number;
  /** The steps up to it. */
  steps: string[];
  /** What does not hold. */
  violated: string;
  /** What failed in commands, what is at the vendor and what is on record. */
  evidence: string;
}

/** How many times a repair may say that one more `up` is needed. */
const mostRepetitions = 3;
/** The day that the stack's clock begins with. */
const firstDayMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

/** Carries out a plan, and finds what it violates; undefined where all is well. */
export async function simulateLifecycle(
  plan: LifecyclePlan,
  tally: Tally,
  options: SimulationChoice = {},
): Promise<Finding | undefined> {
  // What is seen of credentials is the process's: of thousands of lifecycles it would fill the memory.
  forgetCredentials();
  const lifecycle = await SimulatedLifecycle.begin(plan, tally, options);
  try {
    await lifecycle.run();
    return undefined;
  } catch (error) {
    return {
      seed: plan.seed,
      index: plan.index,
      steps: lifecycle.taken,
      violated: error instanceof Error ? error.message : String(error),
      evidence: lifecycle.evidence(),
    };
  }
}

/** How a plan is carried out. */
export interface SimulationChoice {
  /** The most steps of the engine at once; default: drawn by the seed, 1 to 4. */
  parallelism?: number;
  sabotage?: Sabotage;
  /** Happen in the steps, whichever they come in, beside what the plan says. */
  faults?: readonly RequestFault[];
  /** Is given the stack when its steps are over, and nothing is repaired yet. */
  onRepair?: (stack: SimulatedStack) => void;
  /** Is given the stack when it is repaired, and before it is destroyed. */
  onRepaired?: (stack: SimulatedStack) => void;
}

/** Draws what the plan leaves open. */
const drawnApart = 0x51a7;

class SimulatedLifecycle {
  readonly taken: string[] = [];
  readonly #released = new Map<string, string[]>();
  readonly #isKilledAt: (passage: Passage) => boolean;
  #nowMs = firstDayMs;
  #declaration: Declaration = [];

  private constructor(
    private readonly plan: LifecyclePlan,
    private readonly stack: SimulatedStack,
    private readonly tally: Tally,
    private readonly random: Random,
    private readonly options: SimulationChoice,
  ) {
    this.#isKilledAt = causeFaults(stack.api, options.faults ?? []);
    stack.api.watchDeletes = (tenantId, applicationId) => {
      this.#assertMayBeDeleted(tenantId, applicationId);
    };
  }

  static async begin(
    plan: LifecyclePlan,
    tally: Tally,
    options: SimulationChoice,
  ): Promise<SimulatedLifecycle> {
    const random = new Random(plan.seed ^ drawnApart ^ Math.imul(plan.index, 0x9e3779b1), 0);
    const stack = await SimulatedStack.create({
      stage: plan.stage,
      replacesLostApplications: plan.replacesLostApplications,
      parallelism: options.parallelism ?? random.int(1, 4),
      random,
      ...(options.sabotage === undefined ? {} : { sabotage: options.sabotage }),
    });
    return new SimulatedLifecycle(plan, stack, tally, random, options);
  }

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
    stack.api.clearFaults();
    this.options.onRepair?.(stack);
    if (plan.isReconciled) await assertAllNamed(stack, this.#released);
    this.taken.push("repair");
    this.#setDay(plan.day);
    await this.#settle(plan.declaration);
    if (plan.isRotated) {
      await this.#assertQuiet();
      await this.#outlastOverlaps();
    }
    assertConsistent(stack, plan.declaration, this.#released);
    if (this.random.chance(15)) await this.#replaceOne();
    await this.#assertQuiet();
    this.options.onRepaired?.(stack);
    this.taken.push("destroy");
    if (plan.stage === "production") {
      await this.#settle(
        plan.declaration.map((customer) =>
          customer.status === "released" ? customer : { ...customer, status: "deprecated" },
        ),
      );
    }
    this.#declaration = [];
    const destroyed = await this.#command("destroy", plan.declaration);
    assert.equal(destroyed.end, "succeeded", "destroy failed");
    assertDestroyed(stack, this.#released);
    if (await assertSoundRecord(stack)) this.tally.settledIntents += 1;
    assertNoCredentials(stack);
  }

  evidence(): string {
    const { stack } = this;
    return [
      ...stack.printed,
      `At the vendor: ${JSON.stringify(existingIn(stack))}`,
      `State: ${stack.checkpoint.resources.map(({ name, type, id, delete: isToGo }) => `${type.split(":").at(-1) ?? ""} ${name} ${id ?? ""}${isToGo ? " (to be deleted)" : ""}`).join("; ")}`,
      `Journal:\n${stack.journal.text}`,
    ].join("\n");
  }

  #setDay(day: number): void {
    this.#nowMs = firstDayMs + day * dayMs;
  }

  #assertMayBeDeleted(tenantId: string, applicationId: string | undefined): void {
    try {
      assertMayBeDeleted(this.stack, this.#declaration, tenantId, applicationId);
    } catch (error) {
      this.#forbidden ??= error instanceof Error ? error : new Error(String(error));
    }
  }
  #forbidden: Error | undefined;

  #noteReleased(declaration: Declaration): void {
    const existing = existingIn(this.stack);
    for (const { name, status } of declaration) {
      if (status !== "released" || this.#released.has(name)) continue;
      this.#released.set(name, existing[name] ?? []);
      this.tally.releases += 1;
    }
  }

  async #outlastOverlaps(): Promise<void> {
    let { day } = this.plan;
    for (let rounds = 0; rounds < mostRepetitions; rounds += 1) {
      if (hasOneGenerationEach(this.stack)) return;
      day += overlapDays + 1;
      this.#setDay(day);
      this.taken.push(`day ${day}: overlaps are over`);
      this.tally.overlaps += 1;
      await this.#settle(this.plan.declaration);
    }
    assert.ok(hasOneGenerationEach(this.stack), "a slot has more than one generation for ever");
  }

  async #take(step: Step): Promise<void> {
    const { api } = this.stack;
    const { faults, revokesTokens } = step.trouble;
    if (revokesTokens) api.revokeTokens();
    for (const fault of faults) api.addFault(fault);
    this.tally.faults += faults.length;
    try {
      if (step.kind === "kill") await this.#kill(step);
      else {
        const life =
          step.kind === "interrupt"
            ? new CommandLife(undefined, atRequest(step.nth))
            : new CommandLife(this.#isKilledAt);
        if (step.kind === "interrupt") this.tally.interrupts += 1;
        await this.#command(step.command, step.declaration, { life });
      }
    } finally {
      if (this.options.faults === undefined) api.clearFaults();
    }
  }

  async #kill(step: KillStep): Promise<void> {
    const { nth, delayMs, tenant } = step;
    const isKilledAt = killAt({ ...step.boundary, nth, delayMs, tenant });
    const { end } = await this.#command(step.command, step.declaration, {
      life: new CommandLife(isKilledAt),
    });
    if (end === "killed") this.tally.killed(step.boundary);
    else {
      this.tally.missedKills += 1;
      assert.ok(!step.isAssigned, `${boundaryName(step.boundary)} was not reached: the plan is wrong`);
    }
  }

  async #command(
    command: CommandOptions["command"],
    declaration: Declaration,
    more: Pick<CommandOptions, "life" | "replaced"> = {},
  ): Promise<CommandResult> {
    if (command !== "destroy") this.#declaration = declaration;
    const nowMs = this.#nowMs;
    if (command === "up" && this.random.chance(15)) await this.#preview(declaration);
    const result = await this.stack.run({
      command,
      declaration,
      nowMs,
      ...more,
    });
    this.tally.commands += 1;
    this.taken.push(`  ${command}: ${result.end}`);
    if (this.#forbidden !== undefined) throw this.#forbidden;
    assert.ok(
      !result.failures.some((failure) => signsOfMistake.test(failure)),
      `a mistake in the code: ${result.failures.join("\n")}`,
    );
    return result;
  }

  /** A preview sends nothing and records nothing, whatever it does not know. */
  async #preview(declaration: Declaration): Promise<void> {
    const before = [this.stack.api.requests.length, this.stack.journal.text];
    await this.stack.run({ command: "preview", declaration, nowMs: this.#nowMs });
    assert.deepEqual(
      [this.stack.api.requests.length, this.stack.journal.text],
      before,
      "a preview changed something",
    );
  }

  /** Provisions a declaration without any trouble, doing no more than what the messages say. */
  async #settle(declaration: Declaration): Promise<void> {
    this.stack.api.isCalm = true;
    try {
      await this.#provision(declaration);
    } finally {
      this.stack.api.isCalm = false;
    }
  }

  async #provision(declaration: Declaration): Promise<void> {
    let result = await this.#command("up", declaration);
    if (result.end !== "succeeded") {
      await this.#doAsTold(result);
      result = await this.#command("up", declaration);
      assert.equal(result.end, "succeeded", "the second up of a repair failed");
    }
    for (let repetitions = 0; result.needsAnotherUp; repetitions += 1) {
      assert.ok(repetitions < mostRepetitions, "a repair asks for one up after another");
      result = await this.#command("up", declaration);
      assert.equal(result.end, "succeeded", "the up that was asked for failed");
    }
  }

  async #doAsTold({ failures }: CommandResult): Promise<void> {
    const said = failures.join("\n");
    if (said.includes("tenants -- reconcile --fix")) {
      this.taken.push("  as told: reconcile --fix");
      await reconcileAndFix(this.stack);
      return;
    }
    if (said.includes("Run `pulumi up` once more")) return;
    assert.ok(
      said.includes("pulumi config set tenants:replaceLostApplications true"),
      `an up without any trouble failed: ${said}`,
    );
    this.taken.push("  as told: tenants:replaceLostApplications true");
    this.tally.lostApplications += 1;
    this.stack.replaceLostApplications();
  }

  /** The engine is told to replace an application (`up --replace`), and compares nothing of it. */
  async #replaceOne(): Promise<void> {
    const { stack, plan } = this;
    const isReleased = (name: string): boolean => this.#released.has(name.split("/")[0] ?? "");
    const one = stack.checkpoint.resources.find(
      ({ type, name }) => type === tenantApplicationType && !isReleased(name),
    );
    if (one === undefined) return;
    this.taken.push(`up --replace ${one.name}`);
    const { end } = await this.#command("up", plan.declaration, { replaced: new Set([one.name]) });
    assert.equal(end, "succeeded", "an up --replace failed");
    assertConsistent(stack, plan.declaration, this.#released);
  }

  /** One more `up` changes nothing and sends nothing. */
  async #assertQuiet(): Promise<void> {
    const { stack, plan } = this;
    const before = contentOf(stack);
    const sent = stack.api.requests.length;
    const { end } = await this.#command("up", plan.declaration);
    assert.equal(end, "succeeded", "an up that changes nothing failed");
    assert.deepEqual(
      stack.api.requests.slice(sent).map(({ operation }) => operation),
      [],
      "an up that changes nothing sent requests",
    );
    assert.deepEqual(contentOf(stack), before, "an up that changes nothing changed the state");
  }
}

/** What no message may hold, whatever happened: traces of a mistake in the code. */
const signsOfMistake =
  /Unexpected struct type|is not a function|Cannot read propert|violates the contract|ReferenceError|TypeError|SyntaxError|in a circle|is not in the state/;

function contentOf({ checkpoint }: SimulatedStack): string[] {
  return checkpoint.resources.map(({ urn, id, outputs }) => JSON.stringify([urn, id, outputs])).toSorted();
}

function atRequest(nth: number): (passage: Passage) => boolean {
  let seen = 0;
  return (passage) => passage.at === "request" && passage.moment === "before" && (seen += 1) === nth;
}

/** Writes a finding as people read it, with the command that repeats it. */
export function describeFinding({ seed, index, steps, violated, evidence }: Finding): string {
  return [
    `Lifecycle ${index} of seed ${seed}: ${violated}`,
    "Steps:",
    ...steps.map((step) => `  ${step}`),
    evidence,
    `Repeat it: npm run simulate -- --seed ${seed} --only ${index}`,
  ].join("\n");
}
