import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleepMs } from "node:timers/promises";

import { descendants, type StackUnderTest } from "../engine/engine";

/** How often the list of what a command started is brought up to date, in milliseconds. */
const listingMs = 150;

/** How a command is killed. */
export interface Kill {
  /** Is asked every two milliseconds whether the time has come. */
  when: () => boolean;
  /** Kills the engine alone, not all that it started: its death, and not that of its machine. */
  isEngineAlone: boolean;
  /** Variables of the command's environment, beside those of the stack. */
  env: Record<string, string>;
}

/**
 * Runs a `pulumi` command and kills it (SIGKILL).
 *
 * @returns Resolves with the ids of the processes that it had started, once it is killed; with undefined where it ended
 *   before.
 */
export async function runKilled(
  stack: StackUnderTest,
  args: readonly string[],
  { when, isEngineAlone, env }: Kill,
): Promise<number[] | undefined> {
  const { engine, processId: engineId } = stack.start(args, env);
  const ended = once(engine, "exit");

  // All that any listing found: one that ends after the engine's death finds nothing, as its children have lost it.
  const started = new Set<number>();
  let listing: Promise<void> | undefined;
  const list = (): void => {
    listing ??= descendants(engineId).then(async (found) => {
      for (const processId of found) if (processId !== engineId) started.add(processId);
      await sleepMs(listingMs);
      listing = undefined;
    });
  };
  while (!when()) {
    if (engine.exitCode !== null || engine.signalCode !== null) return undefined;
    list();
    await sleepMs(2);
  }
  killAll(isEngineAlone ? [engineId] : [engineId, ...started]);
  await ended;
  await listing;
  if (!isEngineAlone) killAll(started);
  return [...started];
}

/**
 * Waits for processes to end by themselves, for twenty seconds at most, and kills the rest. The engine's language host,
 * which does nothing by itself and takes five minutes to notice that its engine is gone, is killed at once.
 *
 * @returns Resolves with the ids of the others that had to be killed.
 */
export async function endOf(processIds: readonly number[]): Promise<number[]> {
  const patience = AbortSignal.timeout(20_000);
  killAll(processIds.filter(isLanguageHost));
  let left = processIds.filter(isRunning);
  while (left.length > 0 && !patience.aborted) {
    await sleepMs(10);
    left = left.filter(isRunning);
  }
  killAll(left);
  return left;
}

function killAll(processIds: Iterable<number>): void {
  for (const processId of processIds) signal(processId, "SIGKILL");
}

function isLanguageHost(processId: number): boolean {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, "utf8").includes("pulumi-language-nodejs");
  } catch {
    return false;
  }
}

function isRunning(processId: number): boolean {
  return signal(processId, 0);
}

/** Gives false where the process has ended. */
function signal(processId: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(processId, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
