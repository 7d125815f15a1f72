import { strict as assert } from "node:assert";

import type { Declaration } from "../fuzz/declared";
import { provisionAsTold } from "../fuzz/person";
import type { Random } from "../fuzz/random";
import type { Tally } from "../fuzz/tally";
import type { Program } from "./engine-model";
import { assertDeletedAsAsked, assertEnded, assertMayBeDeleted, assertNoneHeldTwice } from "./invariants";
import { reconcileAndFix } from "./reconcile";
import type { CommandOptions, CommandResult, SimulatedStack } from "./stack";

/** The day that the stack's clock begins with. */
const firstDayMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

/** What no message may hold, whatever happened: traces of a mistake in the code. */
const signsOfMistake =
  /Unexpected struct type|is not a function|Cannot read propert|violates the contract|ReferenceError|TypeError|SyntaxError|in a circle|is not in the state/;

/** A simulated person: runs commands of the engine, looks at each, and does what the messages say. */
export class Operator {
  /** Whether somebody has declared, for now, one object for two resources. */
  isDeclaredTwice = false;
  #nowMs = firstDayMs;
  #declaration: Declaration = [];
  #forbidden: Error | undefined;
  /** Whether a command of the engine runs, and not `reconcile`. */
  #isRunning = false;

  constructor(
    readonly stack: SimulatedStack,
    readonly tally: Tally,
    /** Draws what the plan leaves open. */
    readonly random: Random,
    /** What was done, for the report of a finding. */
    readonly taken: string[] = [],
  ) {
    stack.api.watchDeletes = (tenantId, applicationId) => {
      try {
        assertMayBeDeleted(stack, this.#declaration, tenantId, applicationId);
        if (this.#isRunning) assertDeletedAsAsked(stack, applicationId);
      } catch (error) {
        this.#forbidden ??= error instanceof Error ? error : new Error(String(error));
      }
    };
  }

  setDay(day: number): void {
    this.#nowMs = firstDayMs + day * dayMs;
  }

  passDays(days: number): void {
    this.#nowMs += days * dayMs;
  }

  /** Declares nothing any more: whatever is deleted from now on may be. */
  letGo(): void {
    this.#declaration = [];
  }

  /** Runs a command, which may fail, and looks at what it did. */
  async command(
    command: CommandOptions["command"],
    declaration: Declaration,
    more: Omit<CommandOptions, "command" | "declaration" | "nowMs"> = {},
  ): Promise<CommandResult> {
    const { stack } = this;
    if (command !== "destroy") this.#declaration = declaration;
    if (command === "up" && this.random.chance(15)) await this.#preview(declaration, more.program);
    const recorded = stack.journal.size;
    this.#isRunning = true;
    const result = await stack.run({ command, declaration, nowMs: this.#nowMs, ...more });
    this.#isRunning = false;
    this.tally.commands += 1;
    this.taken.push(`  ${command}: ${result.end}`);
    if (this.#forbidden !== undefined) throw this.#forbidden;
    assert.ok(
      !result.failures.some((failure) => signsOfMistake.test(failure)),
      `a mistake in the code: ${result.failures.join("\n")}`,
    );
    if (result.end !== "killed") assertEnded(stack, recorded);
    if (!this.isDeclaredTwice) assertNoneHeldTwice(stack);
    return result;
  }

  /** A preview sends nothing and records nothing, whatever it does not know. */
  async #preview(declaration: Declaration, program: Program | undefined): Promise<void> {
    const { stack } = this;
    const before = [stack.api.requests.length, stack.journal.text];
    const own = program === undefined ? {} : { program };
    await stack.run({ command: "preview", declaration, nowMs: this.#nowMs, ...own });
    assert.deepEqual([stack.api.requests.length, stack.journal.text], before, "a preview changed something");
  }

  /** Provisions a declaration without any trouble, doing no more than what the messages say. */
  async settle(declaration: Declaration, more: Pick<CommandOptions, "replaced"> = {}): Promise<void> {
    this.stack.api.isCalm = true;
    try {
      await this.#provision(declaration, more);
    } finally {
      this.stack.api.isCalm = false;
    }
  }

  #provision(declaration: Declaration, more: Pick<CommandOptions, "replaced">): Promise<void> {
    const { stack } = this;
    return provisionAsTold({
      up: async () => {
        const { end, failures, needsAnotherUp } = await this.command("up", declaration, more);
        return { isDone: end === "succeeded", said: failures.join("\n"), needsAnotherUp };
      },
      reconcileAndFix: () => reconcileAndFix(stack),
      replaceLostApplications: () => {
        this.tally.lostApplications += 1;
        stack.replaceLostApplications();
        return Promise.resolve();
      },
      isUsed: (applicationId) =>
        Promise.resolve(JSON.stringify(stack.checkpoint.resources).includes(applicationId)),
      deleteAtVendor: (applicationId) => {
        stack.api.deleteApplication(applicationId);
      },
      note: (done) => {
        this.taken.push(`  as told: ${done}`);
      },
    });
  }
}
