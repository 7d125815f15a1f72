import assert from "node:assert/strict";

import { retryDelayMs } from "../../../provider/src/client/retry";
import { recordedRetries } from "../../support/retry-policy";

const almostOne = 1 - Number.EPSILON;
const shortest = recordedRetries({ random: () => 0 }).policy;
const longest = recordedRetries({ random: () => almostOne }).policy;

describe("client: the wait between attempts", () => {
  it("may be nothing at all: the jitter is full", () => {
    assert.equal(retryDelayMs(5, undefined, shortest), 0);
  });

  it("is at most 250 ms, doubled with each attempt, and 15 s in the end", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) =>
      Math.ceil(retryDelayMs(attempt, undefined, longest)),
    );
    assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it("stays within its bound after very many attempts", () => {
    assert.ok(retryDelayMs(2_000, undefined, longest) <= 15_000);
  });

  it("is spread evenly over its bound", () => {
    const half = recordedRetries({ random: () => 0.5 }).policy;
    assert.equal(retryDelayMs(3, undefined, half), 500);
  });

  it("is never shorter than the server asks for", () => {
    assert.equal(retryDelayMs(1, 2_000, shortest), 2_000);
  });

  it("has jitter on top of what the server asks for, so that not all come back at once", () => {
    assert.equal(Math.ceil(retryDelayMs(1, 2_000, longest)), 2_250);
  });

  it("honours at most a minute of what the server asks for", () => {
    assert.equal(retryDelayMs(1, 3_600_000, shortest), 60_000);
  });

  it("honours at most a minute of an endless Retry-After", () => {
    assert.equal(retryDelayMs(1, Infinity, shortest), 60_000);
  });
});
