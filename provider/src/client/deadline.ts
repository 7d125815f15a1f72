/** How long an operation may go on, not counting the time it is held back. */
export class Deadline {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #remainingMs: number;
  #startedAtMs = 0;
  #holds = 0;

  /** @param remainingMs how long it may go on, in milliseconds */
  constructor(remainingMs: number) {
    this.#remainingMs = remainingMs;
    this.#start();
  }

  /** Is aborted when the time is over. */
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
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#startedAtMs = performance.now();
    this.#timer = setTimeout(() => {
      this.#controller.abort();
    }, this.#remainingMs).unref();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#remainingMs -= performance.now() - this.#startedAtMs;
  }
}
