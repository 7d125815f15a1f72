import { once } from "node:events";
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
  /** Waits for Ctrl-C (SIGTERM, SIGHUP), which is then the command's usual end: its exit code is 0. */
  readonly untilStopped: () => Promise<void>;
}

/** A command of the sandbox. */
export interface SandboxCommand {
  /** As people type it: the start of its error message. */
  readonly name: string;
  readonly log: Log;
  /** Does what the command is for. Its signal is aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly work: (lifetime: Lifetime) => Promise<void>;
  /** Is called before what was started is stopped. */
  readonly onStopping?: () => void;
  /** Is called once nothing is left of what was started. */
  readonly onStopped?: () => void;
}

/**
 * Runs a command, then stops all that it started, also after a signal or a failure.
 *
 * @returns Resolves with the exit code: 0, 1 after a failure, and after a signal 128 and its number, as shells count.
 */
export async function live({ name, log, work, onStopping, onStopped }: SandboxCommand): Promise<number> {
  // Whoever read the output may go (`npm start | head`, a closed terminal): what was started is stopped all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const signal = untilSignalled();
  const closers = new Closers(signal);
  const stop = { isExpected: false };
  const untilStopped = async (): Promise<void> => {
    stop.isExpected = true;
    if (!signal.aborted) await once(signal, "abort");
  };
  const working = work({ log, closers, signal, untilStopped });
  let reason: unknown;
  try {
    await Promise.race([working, rejectOn(signal)]);
  } catch (error) {
    if (!(stop.isExpected && error === signal.reason)) reason = error;
    // What is just being started is soon there and can be stopped; an installation is not waited for.
    await Promise.race([Promise.allSettled([working]), delay(3_000)]);
  }
  onStopping?.();
  try {
    await closers.closeAll();
    await assertNothingRuns();
    onStopped?.();
  } catch (error) {
    reason ??= error;
  }
  if (reason === undefined) return 0;
  process.stderr.write(`${name}: ${reasonOf(reason)}\n`);
  if (!(reason instanceof SandboxError) || reason.code !== "INTERRUPTED") return 1;
  return 128 + constants.signals[reason.cause as NodeJS.Signals];
}

/** Ends this process with the exit code of a command: what was still being started when a signal came ends with it. */
export function exitAfter(name: string, main: () => Promise<number>): void {
  void main()
    .catch((error: unknown) => {
      process.stderr.write(`${name}: ${reasonOf(error)}\n`);
      return 1;
    })
    .then((exitCode) => {
      process.exit(exitCode);
    });
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
