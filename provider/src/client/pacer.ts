import { setTimeout as sleepMs } from "node:timers/promises";

import { askedWaitMs } from "./answer-headers";
import type { Deadline } from "./deadline";
import { defaultRetryPolicy, describeWait, noticeableWaitMs, patienceMs } from "./retry";
import { defaultConnections, type HttpAnswer } from "./transport";
import { type TakesTurns, type Turn, Turns, type TurnsClock } from "./turns";

/** The clock and timer of a {@link Pacer}; injected so that tests need no time. */
export interface PacerClock extends TurnsClock {
  /** Returns the time of day, in milliseconds since 1970. */
  wallMs: () => number;
}

/** The machine's own time. */
export const realClock: PacerClock = {
  nowMs: () => performance.now(),
  wallMs: Date.now,
  sleep: (delayMs) => sleepMs(delayMs),
};

const { maxRetryAfterMs } = defaultRetryPolicy;
/** The fewest 429 answers to a request before it is given up while others succeed. */
const fewestRefusals = 5;

/**
 * Sends the requests of one API as fast as its unknown rate limit allows. A request that is answered 429 changed
 * nothing, and is sent again in its turn.
 *
 * The project has its own because libraries must be given the rate (bottleneck, p-throttle, limiter), or are refused
 * often while they learn it: the AWS SDK's `DefaultRateLimiter` (adaptive mode) has 11 to 18 % of 200 requests refused
 * at a limit of 10 per second. `bench/limit/` measures this one.
 */
export class Pacer {
  readonly #own: Turns;
  readonly #turns: TakesTurns;
  #refusedSinceMs: number | undefined;

  #announcedUntilMs = -Infinity;

  /**
   * @param mostInFlight the most requests in flight at once
   * @param notify called with a message about a long wait that the server asks for
   * @param share shares the turns of processes with the same limit. Default: not shared.
   */
  constructor(
    private readonly clock: PacerClock = realClock,
    mostInFlight = defaultConnections,
    private readonly notify: (message: string) => void = () => undefined,
    share: (own: TakesTurns) => TakesTurns = (own) => own,
  ) {
    this.#own = new Turns(clock, mostInFlight);
    this.#turns = share(this.#own);
  }

  /**
   * Sends a request in its turn, and again for as long as it is answered 429.
   *
   * @param exchange sends the request
   * @param deadline does not run while the request waits for its turn
   * @returns Resolves with the answer: 429 only if the server has answered nothing else for five minutes, to any
   *   request or to this one.
   */
  async send(exchange: () => Promise<HttpAnswer>, deadline: Deadline): Promise<HttpAnswer> {
    let turn = await deadline.whileHeld(this.#turns.take("last"));
    let refusedSinceMs: number | undefined;
    for (let refusals = 1; ; refusals += 1) {
      const answer = await this.#exchange(turn, exchange);
      if (answer.status !== 429) return answer;
      refusedSinceMs ??= this.#own.nowMs();
      const isGivenUp = refusals >= fewestRefusals && this.#isOver(refusedSinceMs);
      if (isGivenUp || this.#isOver(this.#refusedSinceMs)) return answer;
      turn = await deadline.whileHeld(this.#turns.take("first"));
    }
  }

  async #exchange(turn: Turn, exchange: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    let answer: HttpAnswer;
    try {
      answer = await exchange();
    } catch (error) {
      turn.lost();
      throw error;
    }
    if (answer.status === 429) turn.refused(this.#askedWait(answer));
    else {
      this.#refusedSinceMs = undefined;
      turn.served();
    }
    return answer;
  }

  #askedWait(answer: HttpAnswer): number | undefined {
    const nowMs = this.#own.nowMs();
    this.#refusedSinceMs ??= nowMs;
    const askedMs = askedWaitMs(answer, this.clock.wallMs());
    if (askedMs === undefined) return undefined;
    this.#announce(nowMs, askedMs);
    return Math.min(maxRetryAfterMs, askedMs);
  }

  /** For requests that are refused together, one message is enough. */
  #announce(nowMs: number, askedMs: number): void {
    if (askedMs < noticeableWaitMs || nowMs < this.#announcedUntilMs) return;
    this.#announcedUntilMs = nowMs + Math.min(maxRetryAfterMs, askedMs);
    this.notify(describeWait("The Tenant Management API", askedMs, maxRetryAfterMs));
  }

  /** Rounded: the sum of several waits may be slightly less than their length. */
  #isOver(sinceMs: number | undefined): boolean {
    return sinceMs !== undefined && Math.round(this.#own.nowMs() - sinceMs) >= patienceMs.refused;
  }
}
