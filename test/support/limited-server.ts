import type { DeadlineClock } from "../../provider/src/client/deadline";
import type { PacerClock } from "../../provider/src/client/pacer";
import type { HttpAnswer } from "../../provider/src/client/transport";
import { RateLimiter } from "../../sandbox/api/rate-limit";
import type { RateLimit } from "../../sandbox/api/settings";

/** A clock that stands still while anything is in progress, and then advances to the next timer. */
export class SimulatedClock implements DeadlineClock, PacerClock {
  #nowMs = 0;
  readonly #sleepers: Array<{ atMs: number; wake: () => void }> = [];

  nowMs = (): number => this.#nowMs;

  wallMs = this.nowMs;

  sleep = (delayMs: number): Promise<void> =>
    new Promise((wake) => this.#sleepers.push({ atMs: this.#nowMs + delayMs, wake }));

  after = (delayMs: number, wake: () => void): (() => void) => {
    const sleeper = { atMs: this.#nowMs + delayMs, wake };
    this.#sleepers.push(sleeper);
    return () => {
      const index = this.#sleepers.indexOf(sleeper);
      if (index >= 0) this.#sleepers.splice(index, 1);
    };
  };

  /** Advances the time until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    const progress = { isDone: false };
    const done = work.finally(() => (progress.isDone = true));
    done.catch(() => undefined);
    for (;;) {
      await new Promise(setImmediate);
      if (progress.isDone) return done;
      const next = this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) throw new Error("nothing waits for time to go by, and the work is not done");
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
  }
}

/** A simulated server with a rate limit, and the results of the requests to it. */
export class LimitedServer {
  served = 0;
  refused = 0;
  readonly #limiter: RateLimiter;

  constructor(
    private readonly clock: SimulatedClock,
    limit: RateLimit | null,
    private readonly latencyMs: () => number,
  ) {
    this.#limiter = new RateLimiter(limit, clock.nowMs);
  }

  async exchange(): Promise<HttpAnswer> {
    const latencyMs = this.latencyMs();
    await this.clock.sleep(latencyMs / 2);
    const refusal = this.#limiter.refusal();
    if (refusal === undefined) this.served += 1;
    else this.refused += 1;
    await this.clock.sleep(latencyMs / 2);
    const { status, headers } = refusal ?? { status: 201 };
    return { status, headers: { ...headers }, body: "" };
  }
}
