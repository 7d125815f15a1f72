import { setTimeout as sleepMs } from "node:timers/promises";

import { askedWaitMs } from "./asked-wait";
import type { Deadline } from "./deadline";
import { type Departure, RateEstimate } from "./rate-estimate";
import { describeWait, noticeableWaitMs } from "./retry";
import { defaultConnections, type HttpAnswer } from "./transport";

/** What a {@link Pacer} reads the time from and waits with; injected so that tests need no time. */
export interface PacerClock {
  /** Gives the time in milliseconds, which never goes back. */
  nowMs: () => number;
  /** Gives the time of day, in milliseconds since 1970. */
  wallMs: () => number;
  sleep: (delayMs: number) => Promise<void>;
}

/** The machine's own time. */
export const realClock: PacerClock = {
  nowMs: () => performance.now(),
  wallMs: Date.now,
  sleep: (delayMs) => sleepMs(delayMs),
};

/** The longest wait that a server may ask for, in milliseconds. */
const longestPauseMs = 60_000;
/** For how long a server, or one of its operations, may answer nothing but 429 until that is told, in milliseconds. */
const patienceMs = 300_000;
/** How often at least one request is put off until it is given up while others are served: it may have waited its turn. */
const fewestRefusals = 5;

/**
 * Sends the requests of one API as fast as its rate limit lets it, without being told the limit. A request that is
 * answered 429 changed nothing, and is sent again in its turn.
 *
 * It is the project's own because the libraries at hand keep a rate that they are told (bottleneck, p-throttle,
 * limiter), or learn it at a price: with the AWS SDK's `DefaultRateLimiter` (adaptive mode) 11 to 18 of a hundred
 * requests are refused where 200 are sent at a limit of 10 per second. `bench/limit/` measures this one.
 */
export class Pacer {
  readonly #estimate = new RateEstimate();
  readonly #queue: Array<(departure: Departure) => void> = [];
  #inFlight = 0;
  #refusedSinceMs: number | undefined;
  #wakesAtMs = Infinity;
  #wokenAtMs = -Infinity;

  #announcedUntilMs = -Infinity;

  /**
   * @param mostInFlight how many requests are on their way at once
   * @param notify is told, in words, of a long wait that the server asks for
   */
  constructor(
    private readonly clock: PacerClock = realClock,
    private readonly mostInFlight = defaultConnections,
    private readonly notify: (message: string) => void = () => undefined,
  ) {}

  /**
   * Sends a request in its turn, and again for as long as it is answered 429.
   *
   * @param exchange sends the request
   * @param deadline does not run while the request waits for its turn
   * @returns Resolves with the answer: 429 only where the server has answered nothing else for five minutes, be it to
   *   any request or to this one.
   */
  async send(exchange: () => Promise<HttpAnswer>, deadline: Deadline): Promise<HttpAnswer> {
    let departure = await deadline.whileHeld(this.#turn("last"));
    let refusedSinceMs: number | undefined;
    for (let refusals = 1; ; refusals += 1) {
      const answer = await this.#exchange(departure, exchange);
      if (answer.status !== 429) return answer;
      refusedSinceMs ??= this.#nowMs();
      const isGivenUp = refusals >= fewestRefusals && this.#isOver(refusedSinceMs);
      if (isGivenUp || this.#isOver(this.#refusedSinceMs)) return answer;
      departure = await deadline.whileHeld(this.#turn("first"));
    }
  }

  async #exchange(departure: Departure, exchange: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    try {
      const answer = await exchange();
      if (answer.status === 429) this.#refused(departure, answer);
      else this.#served(departure);
      return answer;
    } catch (error) {
      this.#estimate.lost(departure);
      throw error;
    } finally {
      this.#inFlight -= 1;
      this.#release();
    }
  }

  #served(departure: Departure): void {
    this.#refusedSinceMs = undefined;
    this.#estimate.served(departure);
  }

  #refused(departure: Departure, answer: HttpAnswer): void {
    const nowMs = this.#nowMs();
    this.#refusedSinceMs ??= nowMs;
    const askedMs = askedWaitMs(answer, this.clock.wallMs());
    if (askedMs !== undefined) this.#announce(nowMs, askedMs);
    this.#estimate.refused(
      departure,
      nowMs,
      askedMs === undefined ? undefined : Math.min(longestPauseMs, askedMs),
    );
  }

  /** Of requests that are refused together, one is told. */
  #announce(nowMs: number, askedMs: number): void {
    if (askedMs < noticeableWaitMs || nowMs < this.#announcedUntilMs) return;
    this.#announcedUntilMs = nowMs + Math.min(longestPauseMs, askedMs);
    this.notify(describeWait("The Tenant Management API", askedMs, longestPauseMs));
  }

  /** Rounded: the sum of several waits may fall short of their length by a trifle. */
  #isOver(sinceMs: number | undefined): boolean {
    return sinceMs !== undefined && Math.round(this.#nowMs() - sinceMs) >= patienceMs;
  }

  #turn(place: "first" | "last"): Promise<Departure> {
    return new Promise((resolve) => {
      if (place === "first") this.#queue.unshift(resolve);
      else this.#queue.push(resolve);
      this.#release();
    });
  }

  /** Lets go whoever may go now, and comes back for the next. */
  #release(): void {
    while (this.#queue.length > 0 && this.#inFlight < this.mostInFlight) {
      const nowMs = this.#nowMs();
      const waitMs = this.#estimate.waitMs(nowMs);
      if (waitMs > 0) {
        this.#wakeAt(nowMs + waitMs);
        return;
      }
      this.#inFlight += 1;
      this.#queue.shift()?.(this.#estimate.begin(nowMs));
    }
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#wakesAtMs) return;
    this.#wakesAtMs = atMs;
    void this.clock.sleep(Math.ceil(atMs - this.#nowMs())).then(() => {
      if (this.#wakesAtMs === atMs) this.#wakesAtMs = Infinity;
      this.#wokenAtMs = Math.max(this.#wokenAtMs, atMs);
      this.#release();
    });
  }

  /** A timer may go off a little early: what was waited for has come all the same. */
  #nowMs(): number {
    return Math.max(this.clock.nowMs(), this.#wokenAtMs);
  }
}
