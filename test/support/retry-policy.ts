import { defaultRetryPolicy, type RetryPolicy } from "../../provider/src/client/retry";

/** A retry policy that does not wait, and the waits that it was asked for, in milliseconds. */
export interface RecordedRetries {
  policy: RetryPolicy;
  waits: number[];
}

/** Creates the default policy with a random number of `random` (default 0), and a sleep that takes no time. */
export function recordedRetries(change: Partial<RetryPolicy> = {}): RecordedRetries {
  const waits: number[] = [];
  return {
    waits,
    policy: {
      ...defaultRetryPolicy,
      random: () => 0,
      notify: () => undefined,
      sleep: (delayMs) => {
        waits.push(delayMs);
        // Responses must be able to arrive meanwhile.
        return new Promise((resolve) => setImmediate(resolve));
      },
      ...change,
    },
  };
}
