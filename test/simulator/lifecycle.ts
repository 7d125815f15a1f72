import { strict as assert } from "node:assert";

import { forgetCredentials } from "../../provider/src/client/redaction";
import { boundaryName } from "../fuzz/boundaries";
import { type Declaration, overlapDays } from "../fuzz/declared";
import { describeStep, type KillStep, type LifecyclePlan, type Step } from "../fuzz/plan";
import { Random } from "../fuzz/random";
import type { Tally } from "../fuzz/tally";
import { CommandLife, type Passage } from "./command-life";
import { CustomerTrials } from "./customer-trials";
import { causeFaults, type RequestFault } from "./faults";
import {
  assertAllNamed,
  assertConsistent,
  assertDestroyed,
  assertHoldingOnRecord,
  assertNoCredentials,
  assertSoundRecord,
  existingIn,
  hasOneGenerationEach,
} from "./invariants";
import { killAt } from "./kills";
import { Operator } from "./operator";
import { OwnProgramTrials } from "./own-program-trials";
import { deleteReverted } from "./reconcile";
import { RequestTrials } from "./request-trials";
import { type Sabotage, SimulatedStack } from "./stack";
import { Trials } from "./trials";

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

/** How many overlaps may follow one another, once nothing more is declared. */
const mostOverlaps = 3;

/** Carries out a plan, and finds what it violates; undefined where all is well. */
export async function simulateLifecycle(
  plan: LifecyclePlan,
  tally: Tally,
  options: SimulationChoice = {},
): Promise<Finding | undefined> {
  // What is seen of credentials is the process's: of thousands of lifecycles it would fill the memory.
  forgetCredentials();
  const lifecycle = await SimulatedLifecycle.begin(plan, tally, options);
  const { warn } = console;
  console.warn = (text: string) => {
    lifecycle.noteWarning(text);
    warn(text);
  };
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
  } finally {
    console.warn = warn;
  }
}

/** How a plan is carried out. */
export interface SimulationChoice {
  /** The most steps of the engine at once; default: drawn by the seed, 1 to 4. */
  parallelism?: number;
  /** Whether each `up` goes on beside what fails (`--continue-on-error`); default: drawn by the seed. */
  continuesOnError?: boolean;
  sabotage?: Sabotage;
  /** Happen in the steps, whichever they come in, beside what the plan says. */
  faults?: readonly RequestFault[];
  /** Is given the stack when its steps are over, and nothing is repaired yet. */
  onRepair?: (stack: SimulatedStack) => void;
  /** Is given the stack when it is repaired, and before it is destroyed. */
  onRepaired?: (stack: SimulatedStack) => void;
}

/** A 404 that is not the API's own, as often as anybody asks. */
const lostByGateway = { kind: "status", status: 404, times: 50 } as const;
/** Some write as the API does. */
const bodiesOfGateways = ["<html>no route matched</html>", JSON.stringify({ message: "no route matched" })];

/** Draws what the plan leaves open. */
const drawnApart = 0x51a7;
/** The same for the vendor's ids: which tenant is on which page of the list is part of a lifecycle. */
const idsDrawnApart = 0x1d5;

class SimulatedLifecycle {
  readonly #released = new Map<string, string[]>();
  readonly #isKilledAt: (passage: Passage) => boolean;
  readonly #trials: Trials;
  readonly #customerTrials: CustomerTrials;
  readonly #requestTrials: RequestTrials;
  readonly #stacks: SimulatedStack[];

  private constructor(
    private readonly plan: LifecyclePlan,
    private readonly operator: Operator,
    private readonly options: SimulationChoice,
  ) {
    this.#isKilledAt = causeFaults(operator.stack.api, options.faults ?? []);
    this.#trials = new Trials(operator, plan, this.#released);
    this.#customerTrials = new CustomerTrials(operator, plan, this.#released);
    this.#requestTrials = new RequestTrials(operator, plan, this.#released);
    this.#stacks = [operator.stack];
  }

  static async begin(
    plan: LifecyclePlan,
    tally: Tally,
    options: SimulationChoice,
  ): Promise<SimulatedLifecycle> {
    const drawnFor = (what: number): Random =>
      new Random(plan.seed ^ what ^ Math.imul(plan.index, 0x9e3779b1), 0);
    const random = drawnFor(drawnApart);
    const ids = drawnFor(idsDrawnApart);
    const stack = await SimulatedStack.create({
      stage: plan.stage,
      replacesLostApplications: plan.replacesLostApplications,
      parallelism: options.parallelism ?? random.int(1, 4),
      continuesOnError: options.continuesOnError ?? random.chance(50),
      random,
      newId: () => ids.uuid(),
      ...(options.sabotage === undefined ? {} : { sabotage: options.sabotage }),
    });
    if (random.chance(50)) stack.api.pageLength = 1;
    return new SimulatedLifecycle(plan, new Operator(stack, tally, random), options);
  }

  /** What was done so far. */
  get taken(): string[] {
    return this.operator.taken;
  }

  async run(): Promise<void> {
    const { plan, operator } = this;
    const { stack, tally, taken } = operator;
    for (const step of plan.steps) {
      tally.steps += 1;
      operator.setDay(step.day);
      if (step.settledFirst !== undefined) await operator.settle(step.settledFirst);
      taken.push(describeStep(step));
      this.#noteReleased(step.declaration);
      await this.#take(step);
    }
    stack.api.clearFaults();
    this.options.onRepair?.(stack);
    if (plan.isReconciled) await assertAllNamed(stack, this.#released);
    await this.#repair();
    this.options.onRepaired?.(stack);
    await this.#trials.replaceSome();
    await this.#trials.assertQuiet();
    await this.#trials.describeAnew();
    await this.#trials.refreshByEmptyLists();
    if (operator.random.chance(20)) await this.#trials.meetStranger();
    if (operator.random.chance(20)) await this.#trials.addWhileListsLag();
    if (operator.random.chance(20)) await this.#trials.addBesideForeign();
    if (operator.random.chance(20)) await this.#trials.findAtSecondLook();
    if (operator.random.chance(10)) await this.#trials.loseFromState();
    if (operator.random.chance(10)) await this.#trials.useOthersCredentials();
    if (operator.random.chance(10)) await this.#customerTrials.takeBack();
    if (operator.random.chance(10)) await this.#customerTrials.loseTenant();
    if (operator.random.chance(10)) await this.#customerTrials.loseTwins();
    if (operator.random.chance(10)) await this.#customerTrials.findTwins();
    if (operator.random.chance(10)) await this.#customerTrials.answerInPart();
    if (operator.random.chance(6)) await this.#customerTrials.addWhileOthersDo();
    if (operator.random.chance(6)) await this.#customerTrials.answerOtherwise();
    if (operator.random.chance(20)) await this.#trials.ageCredentials();
    if (operator.random.chance(10)) await this.#trials.overwriteSecret();
    if (operator.random.chance(10)) await this.#requestTrials.getOver();
    if (operator.random.chance(20)) await this.#requestTrials.refreshWithoutLists();
    if (operator.random.chance(10)) await this.#requestTrials.configureElsewhere();
    if (operator.random.chance(10)) await this.#requestTrials.giveNoReason();
    if (operator.random.chance(10)) await this.#runOwnProgram();
    if (operator.random.chance(30)) await this.#trials.destroyUnprotected();
    await this.#destroy();
    if (await assertSoundRecord(stack)) tally.settledIntents += 1;
    assertNoCredentials(stack);
  }

  noteWarning(text: string): void {
    this.operator.stack.warnings.push(text);
  }

  evidence(): string {
    return this.#stacks.map(evidenceOf).join("\n");
  }

  #noteReleased(declaration: Declaration): void {
    const existing = existingIn(this.operator.stack);
    for (const { name, status } of declaration) {
      if (status !== "released" || this.#released.has(name)) continue;
      this.#released.set(name, existing[name] ?? []);
      this.operator.tally.releases += 1;
    }
  }

  /** Repairs with `up` and what its messages say, and then asserts that all is well. */
  async #repair(): Promise<void> {
    const { plan, operator } = this;
    const { stack, taken } = operator;
    taken.push("repair");
    operator.setDay(plan.day);
    await operator.settle(plan.declaration);
    if (plan.isRotated) {
      await this.#trials.assertQuiet();
      await this.#outlastOverlaps();
    }
    const reverted = await deleteReverted(stack, this.#released);
    for (const id of reverted) taken.push(`  as reconcile says: application ${id} deleted at the vendor`);
    assertConsistent(stack, plan.declaration, this.#released);
    if (reverted.length === 0) await assertHoldingOnRecord(stack);
    await this.#trials.assertQuiet();
  }

  async #outlastOverlaps(): Promise<void> {
    const { operator, plan } = this;
    let { day } = plan;
    for (let rounds = 0; rounds < mostOverlaps; rounds += 1) {
      if (hasOneGenerationEach(operator.stack)) return;
      day += overlapDays + 1;
      operator.setDay(day);
      operator.taken.push(`day ${day}: overlaps are over`);
      operator.tally.overlaps += 1;
      await operator.settle(plan.declaration);
    }
    assert.ok(hasOneGenerationEach(operator.stack), "a slot has more than one generation for ever");
  }

  /** A program that is not the project's runs on a stack of its own. */
  async #runOwnProgram(): Promise<void> {
    const { stack, tally, random, taken } = this.operator;
    const own = await stack.another();
    this.#stacks.push(own);
    const trials = await OwnProgramTrials.begin(new Operator(own, tally, random, taken));
    await trials.run();
  }

  async #destroy(): Promise<void> {
    const { plan, operator } = this;
    const { stack, taken } = operator;
    taken.push("destroy");
    if (plan.stage === "production") {
      await operator.settle(
        plan.declaration.map((customer) =>
          customer.status === "released" ? customer : { ...customer, status: "deprecated" },
        ),
      );
    }
    operator.letGo();
    if (operator.random.chance(30)) {
      taken.push("destroy behind a gateway that knows no route");
      const body = operator.random.pick(bodiesOfGateways);
      stack.api.addFault({ ...lostByGateway, body, operation: "deleteTenantApplication" });
      await operator.command("destroy", plan.declaration);
      stack.api.clearFaults();
    }
    const destroyed = await operator.command("destroy", plan.declaration);
    assert.equal(destroyed.end, "succeeded", "destroy failed");
    assertDestroyed(stack, this.#released);
  }

  async #take(step: Step): Promise<void> {
    const { stack, tally } = this.operator;
    const { api } = stack;
    const { faults, revokesTokens } = step.trouble;
    if (revokesTokens) api.revokeTokens();
    for (const fault of faults) api.addFault(fault);
    tally.faults += faults.length;
    try {
      if (step.kind === "kill") await this.#kill(step);
      else {
        const life =
          step.kind === "interrupt"
            ? new CommandLife(undefined, atRequest(step.nth))
            : new CommandLife(this.#isKilledAt);
        if (step.kind === "interrupt") tally.interrupts += 1;
        await this.operator.command(step.command, step.declaration, { life });
      }
    } finally {
      if (this.options.faults === undefined) api.clearFaults();
    }
  }

  async #kill(step: KillStep): Promise<void> {
    const { tally } = this.operator;
    const { nth, delayMs, subject } = step;
    const isKilledAt = killAt({ ...step.boundary, nth, delayMs, subject });
    const { end } = await this.operator.command(step.command, step.declaration, {
      life: new CommandLife(isKilledAt),
    });
    if (end === "killed") tally.killed(step.boundary);
    else {
      tally.missedKills += 1;
      assert.ok(!step.isAssigned, `${boundaryName(step.boundary)} was not reached: the plan is wrong`);
    }
  }
}

function evidenceOf(stack: SimulatedStack): string {
  return [
    ...stack.printed,
    `At the vendor: ${JSON.stringify(existingIn(stack))}`,
    `State: ${stack.checkpoint.resources.map(({ name, type, id, delete: isToGo }) => `${type.split(":").at(-1) ?? ""} ${name} ${id ?? ""}${isToGo ? " (to be deleted)" : ""}`).join("; ")}`,
    `Journal:\n${stack.journal.text}`,
  ].join("\n");
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
