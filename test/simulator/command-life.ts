import type { RecordedOperation, RecordedType } from "../../provider/src/journal/index";
import type { Operation } from "../../sandbox/api";

/** A place in the life of a command where it can be killed. */
export type Passage =
  | {
      at: "request";
      moment: "before" | "after" | "answered";
      operation: Operation;
      /** What it is about: a customer, or an application's slot. */
      subject: string | undefined;
    }
  | { at: "journal"; moment: "before" | "torn" | "after"; written: readonly WrittenEvent[] }
  | { at: "checkpoint"; moment: "before" | "after" };

/** What of an event in the journal decides whether a command is killed. */
export interface WrittenEvent {
  event: "intent" | "result";
  operation: RecordedOperation;
  type: RecordedType;
  slot: string;
}

/** Ends everything that a killed command still does. */
export class Killed extends Error {
  override readonly name = "Killed";

  constructor() {
    super("The command was killed.");
  }
}

/** The life of one command of the engine with all that it has started: whatever it does, it asks here first. */
export class CommandLife {
  /** How many places it has passed. */
  passages = 0;
  #isOver = false;
  #isInterrupted = false;
  readonly #end: { promise: Promise<void>; resolve: () => void };

  /**
   * @param isKilledAt tells of each place, in order, whether the command is killed there
   * @param isInterruptedAt the same for SIGINT
   */
  constructor(
    private readonly isKilledAt: (passage: Passage) => boolean = () => false,
    private readonly isInterruptedAt: (passage: Passage) => boolean = () => false,
  ) {
    let resolve = (): void => undefined;
    const promise = new Promise<void>((resolveEnd) => (resolve = resolveEnd));
    this.#end = { promise, resolve };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** After SIGINT the engine waits for what is under way, and begins nothing else. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** Resolves when the command is killed. */
  get killed(): Promise<void> {
    return this.#end.promise;
  }

  /**
   * Passes a place.
   *
   * @throws {@link Killed} if the command is killed there, or was before
   */
  pass(passage: Passage): void {
    this.assertAlive();
    this.passages += 1;
    if (this.isInterruptedAt(passage)) this.#isInterrupted = true;
    if (!this.isKilledAt(passage)) return;
    this.kill();
    throw new Killed();
  }

  kill(): void {
    this.#isOver = true;
    this.#end.resolve();
  }

  /** @throws {@link Killed} if the command was killed */
  assertAlive(): void {
    if (this.#isOver) throw new Killed();
  }
}
