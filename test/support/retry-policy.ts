import { defaultRetryPolicy, type RetryPolicy } from "../../provider/src/client/retry";

/** A retry policy that waits no time, and the waits it was asked for, in milliseconds. */
export interface RecordedRetries {
  policy: RetryPolicy;
  waits: number[];
}

/** Makes the default policy with a dice that always shows `random` (default 0), and a sleep that takes no time. */
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
        return Promise.resolve();
      },
      ...change,
    },
  };
}
