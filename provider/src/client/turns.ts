import { type Departure, RateEstimate } from "./rate-estimate";

/** The clock and timer of {@link Turns}; injected so that tests need no time. */
export interface TurnsClock {
  /** Returns a monotonic time in milliseconds. */
  nowMs: () => number;
  sleep: (delayMs: number) => Promise<void>;
}

/** A request that may be sent now. Exactly one of its end methods is called. */
export interface Turn {
  /** It was answered, with any status except 429. */
  served(): void;
  /** It was answered 429; the server may have asked to wait. */
  refused(retryAfterMs: number | undefined): void;
  /** It failed without an answer. */
  lost(): void;
}

/** Gives requests their turns. */
export interface TakesTurns {
  /** Resolves once a request may be sent. Refused requests go before those that were not sent yet. */
  take(place: "first" | "last"): Promise<Turn>;
}

/** Gives the requests of this process their turns, as fast as the server's rate limit lets them. */
export class Turns implements TakesTurns {
  readonly #estimate = new RateEstimate();
  readonly #queue: Array<(departure: Departure) => void> = [];
  #inFlight = 0;
  #wakesAtMs = Infinity;
  #wokenAtMs = -Infinity;

  /** @param mostInFlight the most requests in flight at once */
  constructor(
    private readonly clock: TurnsClock,
    private readonly mostInFlight: number,
  ) {}

  async take(place: "first" | "last"): Promise<Turn> {
    const departure = await new Promise<Departure>((resolve) => {
      if (place === "first") this.#queue.unshift(resolve);
      else this.#queue.push(resolve);
      this.#release();
    });
    const ends = (note: () => void) => () => {
      note();
      this.#inFlight -= 1;
      this.#release();
    };
    return {
      served: ends(() => {
        this.#estimate.served(departure);
      }),
      lost: ends(() => {
        this.#estimate.lost(departure);
      }),
      refused: (retryAfterMs) => {
        ends(() => {
          this.#estimate.refused(departure, this.nowMs(), retryAfterMs);
        })();
      },
    };
  }

  /** A timer may fire slightly early: the time counts as reached. */
  nowMs(): number {
    return Math.max(this.clock.nowMs(), this.#wokenAtMs);
  }

  /** Starts the requests that may be sent now, and schedules the next. */
  #release(): void {
    while (this.#queue.length > 0 && this.#inFlight < this.mostInFlight) {
      const nowMs = this.nowMs();
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
    void this.clock.sleep(Math.max(1, Math.ceil(atMs - this.nowMs()))).then(() => {
      if (this.#wakesAtMs === atMs) this.#wakesAtMs = Infinity;
      this.#wokenAtMs = Math.max(this.#wokenAtMs, atMs);
      this.#release();
    });
  }
}
