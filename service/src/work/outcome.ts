import { setTimeout as sleep } from "node:timers/promises";

import { type StartingState, startingStateOf } from "../plan/starting-state";
import { type Engine, EngineProblem } from "./engine";
import { LeaseLostError } from "./lease";
import { PlanProblem } from "./parts";
import { type CustomerRow, noteOwnUpdate, type Work } from "./work";

/**
 * Thrown if it could not be read or recorded what the engine has done. It may have succeeded: the job is to be
 * delivered again, as after a killed worker.
 */
export class UnknownOutcomeError extends Error {
  override readonly name = "UnknownOutcomeError";

  constructor() {
    super("It could not be read or recorded what the engine has done.");
  }
}

/** The pauses between the attempts, in milliseconds. */
const pausesMs = [500, 2_000];

/**
 * Runs what reads or records what the engine has done, in several attempts.
 *
 * @throws UnknownOutcomeError if all fail; LeaseLostError, EngineProblem and PlanProblem, which no attempt changes
 */
export async function insistOnOutcome<T>(work: Work, act: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (mustEnd(work, error) || isCertain(error)) throw error;
      const pauseMs = pausesMs[attempt];
      if (pauseMs === undefined) throw unknownOutcome(work, error);
      await sleep(pauseMs, undefined, { signal: work.stopping });
    }
  }
}

/** Returns whether an error is the engine's or the plan's answer. */
function isCertain(error: unknown): boolean {
  return error instanceof EngineProblem || error instanceof PlanProblem;
}

/** Reports an error that says nothing about what the engine has done. */
export function unknownOutcome({ onProblem }: Pick<Work, "onProblem">, error: unknown): UnknownOutcomeError {
  onProblem("outcome of an update", error);
  return new UnknownOutcomeError();
}

/** Returns whether a job must end: another worker continues it. */
export function mustEnd({ stopping }: Pick<Work, "stopping">, error: unknown): boolean {
  return stopping.aborted || error instanceof LeaseLostError;
}

/**
 * Notes that the engine is about to write a stack's state: until it is read again, no update is from outside.
 *
 * @throws UnknownOutcomeError, and LeaseLostError
 */
export async function noteUpdating(work: Work, customer: CustomerRow): Promise<void> {
  await insistOnOutcome(work, () => noteOwnUpdate(work, customer, undefined));
}

/**
 * Reads the state that an update of the service has left, and notes that it is the service's own.
 *
 * @throws UnknownOutcomeError, and LeaseLostError
 */
export function readOutcome(
  work: Work,
  engine: Pick<Engine, "export">,
  customer: CustomerRow,
): Promise<StartingState> {
  return insistOnOutcome(work, async () => {
    const state = startingStateOf(await engine.export());
    await noteOwnUpdate(work, customer, state.lastUpdate);
    return state;
  });
}
