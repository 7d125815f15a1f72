import { printable } from "pulumi-resistant-tenants/internal/vocabulary";
import type { Progress, StackReport } from "resistant-tenants-operations/fleet/run";

import { screenOf } from "./screen";

/** A running stack. */
interface Running {
  startedAtMs: number;
  done: number;
}

/** The interval at which the times of running stacks are redrawn, in milliseconds. */
const redrawMs = 1000;

/**
 * Shows a fleet's progress on the standard error: a line for each running stack and one for all, redrawn in
 * place; without a terminal a plain line for each stack that starts or ends.
 */
export class FleetProgress implements Progress {
  readonly #running = new Map<string, Running>();
  readonly #columns: number | undefined;
  #left = 0;
  #all = 0;
  #failed = 0;
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    environment: NodeJS.ProcessEnv,
  ) {
    this.#columns = environment["TERM"] === "dumb" ? undefined : screenOf(stream, environment).columns;
  }

  onPlan(toRun: readonly string[], reports: readonly StackReport[]): void {
    this.#left = toRun.length;
    this.#all = toRun.length;
    const refused = reports.filter(({ outcome }) => outcome === "refused").length;
    const rest = reports.length - toRun.length - refused;
    this.#say(
      `${reports.length} stacks: ${toRun.length} to run, ${rest} with nothing to do` +
        (refused === 0 ? "" : `, ${refused} refused`),
    );
    if (this.#columns === undefined || toRun.length === 0) return;
    this.#timer = setInterval(() => {
      this.#draw();
    }, redrawMs).unref();
  }

  onStart(stack: string): void {
    this.#running.set(stack, { startedAtMs: performance.now(), done: 0 });
    if (this.#columns === undefined) this.#say(`${stack}: running`);
    this.#draw();
  }

  onChange(stack: string, done: number): void {
    const running = this.#running.get(stack);
    if (running !== undefined) running.done = done;
  }

  onBusy(stack: string, busy: string): void {
    this.#running.delete(stack);
    this.#say(`${stack}: later; ${busy}`);
  }

  onNote(note: string): void {
    this.#say(note);
  }

  onEnd({ stack, outcome, changes, seconds, problem }: StackReport): void {
    this.#running.delete(stack);
    this.#left -= 1;
    if (problem !== undefined) this.#failed += 1;
    const what = Object.entries(changes)
      .filter(([operation, count]) => operation !== "same" && count > 0)
      .map(([operation, count]) => `${count} ${operation}`);
    const done = [...what, ...(seconds > 0 ? [`${seconds} s`] : [])].join(", ");
    this.#say(
      `${stack}: ${words[outcome]}${done === "" ? "" : ` (${done})`}, ${this.#left} of ${this.#all} left` +
        (problem === undefined ? "" : `\n  ${problem.split("\n").slice(0, 12).join("\n  ")}`),
    );
  }

  /** Stops drawing; printed lines stay. */
  close(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #say(text: string): void {
    this.#erase();
    this.stream.write(`${text.split("\n").map(printable).join("\n")}\n`);
    this.#draw();
  }

  #draw(): void {
    if (this.#columns === undefined || this.#running.size === 0) return;
    this.#erase();
    const now = performance.now();
    const lines = [...this.#running].map(
      ([stack, { startedAtMs, done }]) =>
        `  ${stack}  ${Math.round((now - startedAtMs) / 1000)} s  ${done} changes`,
    );
    const failed = this.#failed === 0 ? "" : `, ${this.#failed} failed`;
    lines.push(`${this.#all - this.#left} of ${this.#all} stacks done${failed}`);
    const width = this.#columns - 1;
    this.stream.write(lines.map((line) => `${printable(line).slice(0, width)}\n`).join(""));
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    this.stream.moveCursor(0, -this.#drawn);
    this.stream.clearScreenDown();
    this.#drawn = 0;
  }
}

const words: Record<StackReport["outcome"], string> = {
  done: "done",
  unchanged: "nothing to do",
  elsewhere: "done by another fleet",
  failed: "FAILED",
  refused: "refused",
  locked: "LOCKED",
  left: "not begun",
};
