import { setTimeout as sleepMs } from "node:timers/promises";

import pRetry from "p-retry";

import { TenantManagementError } from "./errors";

/** When and how often a call is repeated. */
export interface RetryPolicy {
  /** The most attempts in all. Default: 8. */
  attempts: number;
  /** The upper bound of the first wait, in milliseconds; it doubles with each attempt. Default: 250. */
  baseDelayMs: number;
  /** The upper bound of a wait that the server did not ask for, in milliseconds. Default: 15 000. */
  maxDelayMs: number;
  /** The longest wait that a server may ask for, in milliseconds. Default: 60 000. */
  maxRetryAfterMs: number;
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  /** Waits; injected so that tests need no time. */
  sleep: (delayMs: number, signal?: AbortSignal) => Promise<void>;
  /** Called with a message about a long wait that the server asks for. Default: a warning on the console. */
  notify?: (message: string) => void;
}

/** The shortest wait that is reported, in milliseconds. */
export const noticeableWaitMs = 5_000;

/** The usual policy. */
export const defaultRetryPolicy: RetryPolicy = {
  attempts: 8,
  baseDelayMs: 250,
  maxDelayMs: 15_000,
  maxRetryAfterMs: 60_000,
  random: Math.random,
  sleep: (delayMs, signal) => sleepMs(delayMs, undefined, { signal }),
  notify: (message) => {
    console.warn(`warning: ${message}`);
  },
};

/** How long something is tried again, in milliseconds. */
export const patienceMs = {
  /** One operation of the API, without the time that its requests wait for the rate limit. */
  operation: 180_000,
  /** Getting a token: Okta may ask to wait for a minute. */
  token: 120_000,
  /** A server, or an operation, that answers nothing but 429. */
  refused: 300_000,
} as const;

/** Marks a failed call as safe to repeat, and contains when. */
export class RetryableFailure extends Error {
  /**
   * @param error thrown when no attempt is left
   * @param retryAfterMs the wait that the server asked for, in milliseconds, if any
   * @param asker the server's name, to start a sentence
   */
  constructor(
    readonly error: TenantManagementError,
    readonly retryAfterMs?: number,
    readonly asker = "The server",
  ) {
    super(error.message, { cause: error });
    this.name = "RetryableFailure";
  }
}

/**
 * Repeats a call, after a wait, as long as it throws {@link RetryableFailure}.
 *
 * @param deadline ends the waiting, never a running call: a late answer may contain a credential.
 * @throws any other error at once; after the last attempt, the error inside the failure
 */
export async function withRetries<T>(
  call: () => Promise<T>,
  policy: RetryPolicy,
  deadline: AbortSignal,
): Promise<T> {
  try {
    // p-retry's own wait has no full jitter and no Retry-After, and its `signal` drops an answer that came late.
    return await pRetry(call, {
      retries: policy.attempts - 1,
      minTimeout: 0,
      factor: 1,
      shouldRetry: ({ error }) => error instanceof RetryableFailure && !deadline.aborted,
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (!(error instanceof RetryableFailure) || retriesLeft === 0) return;
        const { retryAfterMs = 0, asker } = error;
        if (retryAfterMs >= noticeableWaitMs) {
          policy.notify?.(describeWait(asker, retryAfterMs, policy.maxRetryAfterMs));
        }
        await policy.sleep(retryDelayMs(attemptNumber, error.retryAfterMs, policy), deadline).catch(() => {
          throw error;
        });
      },
    });
  } catch (error) {
    throw error instanceof RetryableFailure ? error.error : error;
  }
}

/**
 * Describes a server's request to wait.
 *
 * @param longestMs the longest wait that is honoured, in milliseconds
 */
export function describeWait(asker: string, askedMs: number, longestMs: number): string {
  const asked = `${asker} asked to wait ${Math.ceil(askedMs / 1000)} s`;
  return askedMs <= longestMs
    ? `${asked}: waiting.`
    : `${asked}: waiting ${Math.ceil(longestMs / 1000)} s, then trying again.`;
}

/**
 * Returns the wait before the next attempt: exponential with full jitter, and at least what the server asked for.
 *
 * @param attempt the number of the failed attempt, from 1
 * @returns milliseconds
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ Full jitter}
 */
export function retryDelayMs(attempt: number, retryAfterMs: number | undefined, policy: RetryPolicy): number {
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  return Math.min(retryAfterMs ?? 0, policy.maxRetryAfterMs) + policy.random() * bound;
}
