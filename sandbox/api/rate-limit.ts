import type { Answer } from "./answer";
import type { RateLimit } from "./settings";

/** A token bucket that decides whether a request is served. */
export class RateLimiter {
  readonly #limit: RateLimit | null;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /**
   * @param limit - `null` serves everything
   * @param now - the clock, in milliseconds since the epoch
   */
  constructor(limit: RateLimit | null, now: () => number = Date.now) {
    this.#limit = limit;
    this.#now = now;
    this.#tokens = limit?.burst ?? 0;
    this.#filledAt = now();
  }

  /**
   * Takes a token from the bucket.
   *
   * @returns the 429 response if there is none, otherwise undefined
   */
  refusal(): Answer | undefined {
    if (this.#limit === null) {
      return undefined;
    }
    const { perSecond, burst, retryAfter } = this.#limit;
    const now = this.#now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return undefined;
    }
    const waitS = Math.ceil((1 - this.#tokens) / perSecond);
    switch (retryAfter) {
      case "seconds":
        return { status: 429, headers: { "retry-after": String(waitS) } };
      case "date":
        return { status: 429, headers: { "retry-after": httpDate(now + waitS * 1000) } };
      case "absent":
        return { status: 429 };
    }
  }
}

/** Rounds up: an HTTP date has whole seconds, and with an earlier one the next request would be refused again. */
function httpDate(epochMs: number): string {
  return new Date(Math.ceil(epochMs / 1000) * 1000).toUTCString();
}
