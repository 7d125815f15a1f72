import { setTimeout as delay } from "node:timers/promises";

import { reasonOf, SandboxError } from "../errors";

/** What was started, to be stopped in reverse order in any case. */
export class Closers {
  #closers: { name: string; close: () => Promise<unknown> }[] = [];

  /** @param signal - Once it is aborted, nothing more may be started. */
  constructor(private readonly signal: AbortSignal) {}

  /**
   * Stores how to stop something that was started.
   *
   * @throws the signal's reason if the signal is aborted, so that the caller starts nothing more.
   */
  add(name: string, close: () => Promise<unknown>): void {
    this.#closers.push({ name, close });
    this.signal.throwIfAborted();
  }

  /**
   * Stops everything, the last first; a failure does not prevent the rest from being stopped.
   *
   * @throws SandboxError `LEFT_RUNNING` naming what could not be stopped.
   */
  async closeAll(): Promise<void> {
    const failures: string[] = [];
    for (const { name, close } of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(`${name} (${reasonOf(error)})`);
      }
    }
    if (failures.length > 0) {
      throw new SandboxError("LEFT_RUNNING", `could not be stopped or removed: ${failures.join(", ")}`);
    }
  }
}

/**
 * Ensures that this process has no child process and no listening port any more.
 *
 * @throws SandboxError `LEFT_RUNNING`.
 */
export async function assertNothingRuns(): Promise<void> {
  const deadline = performance.now() + 2_000;
  for (;;) {
    const resources = process.getActiveResourcesInfo();
    const left = resources.filter((name) => name === "ProcessWrap" || name === "TCPServerWrap");
    if (left.length === 0) return;
    if (performance.now() > deadline) {
      throw new SandboxError("LEFT_RUNNING", `still running after the end: ${left.join(", ")}`);
    }
    // Node releases a handle some turns after it reported that it was closed.
    await delay(20);
  }
}
