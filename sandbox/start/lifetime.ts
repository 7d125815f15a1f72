import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

import { reasonOf, SandboxError } from "../errors";
import type { Log } from "../progress";
import { assertNothingRuns, Closers } from "./closers";

/** What a command of the sandbox shares between its steps. */
export interface Lifetime {
  readonly log: Log;
  readonly closers: Closers;
  readonly signal: AbortSignal;
}

/**
 * Does what a command is for, then stops all that was started, also where a signal comes or something fails on the way.
 *
 * @param work gets what is aborted by Ctrl-C, SIGTERM and SIGHUP
 * @returns the exit code
 */
export async function live(
  command: string,
  log: Log,
  work: (lifetime: Lifetime) => Promise<void>,
): Promise<number> {
  // Whoever read the output may go: what was started is stopped all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const signal = untilSignalled();
  const closers = new Closers(signal);
  const working = work({ log, closers, signal });
  let reason: unknown;
  try {
    await Promise.race([working, rejectOn(signal)]);
  } catch (error) {
    reason = error;
    // What is just being started is soon there and can be stopped.
    await Promise.race([Promise.allSettled([working]), delay(3_000)]);
  }
  try {
    await closers.closeAll();
    await assertNothingRuns();
  } catch (error) {
    reason ??= error;
  }
  if (reason === undefined) return 0;
  process.stderr.write(`${command}: ${reasonOf(reason)}\n`);
  if (!(reason instanceof SandboxError) || reason.code !== "INTERRUPTED") return 1;
  // Shells count signals from 128.
  return 128 + constants.signals[reason.cause as NodeJS.Signals];
}

function untilSignalled(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Not once: a second Ctrl-C must not end the process before it has cleaned up.
    process.on(name, () => {
      controller.abort(new SandboxError("INTERRUPTED", `interrupted by ${name}`, { cause: name }));
    });
  }
  if (process.env["npm_lifecycle_event"] !== undefined)
    onParentGone(() => {
      controller.abort(new SandboxError("INTERRUPTED", "interrupted: npm has ended", { cause: "SIGTERM" }));
    });
  return controller.signal;
}

/** A signal that ends npm ends the shell between npm and this process, and does not come here. */
function onParentGone(act: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, 500);
  watch.unref();
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as SandboxError);
    });
  });
}
