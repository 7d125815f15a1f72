import assert from "node:assert/strict";

import { TenantManagementError } from "../../../provider/src/client/errors";
import { defaultRetryPolicy, RetryableFailure, withRetries } from "../../../provider/src/client/retry";
import { failureOf } from "../../support/failure";
import { recordedRetries } from "../../support/retry-policy";

const noDeadline = new AbortController().signal;

function failure(message = "it failed", retryAfterMs?: number): RetryableFailure {
  return new RetryableFailure(new TenantManagementError("SERVER_FAILED", message), retryAfterMs);
}

/** Makes a call that fails so many times and then gives "done". */
function failingTimes(
  times: number,
  retryAfterMs?: number,
): { call: () => Promise<string>; made: () => number } {
  let made = 0;
  return {
    call: () => {
      made += 1;
      return made <= times
        ? Promise.reject(failure(`failure ${made}`, retryAfterMs))
        : Promise.resolve("done");
    },
    made: () => made,
  };
}

describe("client: repetition of a call", () => {
  it("makes a call that succeeds once", async () => {
    const { call, made } = failingTimes(0);
    await withRetries(call, recordedRetries().policy, noDeadline);
    assert.equal(made(), 1);
  });

  it("returns the answer of the attempt that succeeds", async () => {
    assert.equal(await withRetries(failingTimes(3).call, recordedRetries().policy, noDeadline), "done");
  });

  it("waits before each further attempt, longer each time", async () => {
    const { policy, waits } = recordedRetries({ random: () => 0.5 });
    await withRetries(failingTimes(4).call, policy, noDeadline);
    assert.deepEqual(waits, [125, 250, 500, 1_000]);
  });

  it("waits as long as the server asked for", async () => {
    const { policy, waits } = recordedRetries();
    await withRetries(failingTimes(1, 7_000).call, policy, noDeadline);
    assert.deepEqual(waits, [7_000]);
  });

  it("makes 8 attempts in all", async () => {
    const { call, made } = failingTimes(100);
    await failureOf(withRetries(call, recordedRetries().policy, noDeadline));
    assert.equal(made(), 8);
  });

  it("does not wait after the last attempt", async () => {
    const { policy, waits } = recordedRetries();
    await failureOf(withRetries(failingTimes(100).call, policy, noDeadline));
    assert.equal(waits.length, 7);
  });

  it("ends with the error of the last attempt", async () => {
    const error = await failureOf(withRetries(failingTimes(100).call, recordedRetries().policy, noDeadline));
    assert.equal(error.message, "failure 8");
  });

  it("never repeats what is not said to be repeatable", async () => {
    let made = 0;
    const refused = new TenantManagementError("REFUSED", "no");
    const call = (): Promise<never> => {
      made += 1;
      return Promise.reject(refused);
    };
    await assert.rejects(
      withRetries(call, recordedRetries().policy, noDeadline),
      (error) => error === refused,
    );
    assert.equal(made, 1);
  });
});

describe("client: the deadline of a call", () => {
  it("ends a wait", async () => {
    const deadline = new AbortController();
    const policy = { ...defaultRetryPolicy, random: () => 0 };
    const ended = failureOf(withRetries(failingTimes(100, 60_000).call, policy, deadline.signal));
    setImmediate(() => {
      deadline.abort();
    });
    assert.equal((await ended).message, "failure 1");
  });

  it("ends the attempts if the wait did not notice it", async () => {
    const deadline = new AbortController();
    const { call, made } = failingTimes(100);
    const sleep = (): Promise<void> => {
      deadline.abort();
      return Promise.resolve();
    };
    await failureOf(withRetries(call, recordedRetries({ sleep }).policy, deadline.signal));
    assert.equal(made(), 1);
  });

  it("never throws away an answer that comes after it", async () => {
    const deadline = new AbortController();
    const call = (): Promise<string> => {
      deadline.abort();
      return Promise.resolve("a credential, given once");
    };
    assert.equal(
      await withRetries(call, recordedRetries().policy, deadline.signal),
      "a credential, given once",
    );
  });
});
