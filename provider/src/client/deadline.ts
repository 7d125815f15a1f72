/** The clock and timer of a {@link Deadline}; injected so that tests need no time. */
export interface DeadlineClock {
  /** Returns a monotonic time in milliseconds. */
  nowMs: () => number;
  /** Calls back once, after so many milliseconds, unless the returned function is called first. */
  after: (delayMs: number, wake: () => void) => () => void;
}

/** The machine's own time. */
const realClock: DeadlineClock = {
  nowMs: () => performance.now(),
  after: (delayMs, wake) => {
    const timer = setTimeout(wake, delayMs).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** How long an operation may continue, not counting the time it waits for its turn. */
export class Deadline {
  readonly #controller = new AbortController();
  #cancel: () => void = () => undefined;
  #remainingMs: number;
  #startedAtMs = 0;
  #holds = 0;

  /** @param remainingMs how long it may continue, in milliseconds */
  constructor(
    remainingMs: number,
    private readonly clock: DeadlineClock = realClock,
  ) {
    this.#remainingMs = remainingMs;
    this.#start();
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for something without counting its time. */
  async whileHeld<T>(wait: Promise<T>): Promise<T> {
    if (this.#holds === 0) this.#stop();
    this.#holds += 1;
    try {
      return await wait;
    } finally {
      this.#holds -= 1;
      if (this.#holds === 0) this.#start();
    }
  }

  /** Frees the timer. */
  end(): void {
    this.#holds += 1;
    this.#cancel();
  }

  #start(): void {
    this.#startedAtMs = this.clock.nowMs();
    this.#cancel = this.clock.after(this.#remainingMs, () => {
      this.#controller.abort();
    });
  }

  #stop(): void {
    this.#cancel();
    this.#remainingMs -= this.clock.nowMs() - this.#startedAtMs;
  }
}
