import assert from "node:assert/strict";

import { Deadline } from "../../../provider/src/client/deadline";
import { Pacer } from "../../../provider/src/client/pacer";
import type { HttpAnswer } from "../../../provider/src/client/transport";
import type { RateLimit } from "../../../sandbox/api/settings";
import { LimitedServer, SimulatedClock } from "../../support/limited-server";

/** What came of sending requests to a server whose limit the sender was not told. */
interface Outcome {
  seconds: number;
  refused: number;
  statuses: Set<number>;
}

interface Run {
  limit: RateLimit | null;
  latencyMs: number;
  requests?: number;
  callers?: number;
}

/** Spreads latencies by a fifth, the same way in each run. */
function spread(latencyMs: number): () => number {
  let seed = 1;
  return () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return latencyMs * (0.8 + (0.4 * seed) / 2_147_483_647);
  };
}

async function outcomeOf({ limit, latencyMs, requests = 200, callers = 16 }: Run): Promise<Outcome> {
  const clock = new SimulatedClock();
  const server = new LimitedServer(clock, limit, spread(latencyMs));
  const pacer = new Pacer(clock);
  const deadline = new Deadline(1_000);
  const statuses = new Set<number>();
  let sent = 0;
  const caller = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1;
      statuses.add((await pacer.send(() => server.exchange(), deadline)).status);
    }
  };
  await clock.run(Promise.all(Array.from({ length: callers }, caller)));
  deadline.end();
  assert.equal(server.served, requests, "each request is served once");
  return { seconds: clock.nowMs() / 1000, refused: server.refused, statuses };
}

const retryAfters = ["seconds", "date", "absent"] as const;

describe("client: pacing at 10 requests per second with a burst of 15", () => {
  const idealS = (200 - 15) / 10;
  for (const retryAfter of retryAfters) {
    for (const latencyMs of [2, 50, 300]) {
      const run = (): Promise<Outcome> =>
        outcomeOf({ limit: { perSecond: 10, burst: 15, retryAfter }, latencyMs });
      const circumstances = `Retry-After ${retryAfter}, latency ${latencyMs} ms`;

      it(`takes at most a tenth longer than the limit allows: ${circumstances}`, async () => {
        const { seconds } = await run();
        assert.ok(seconds >= idealS && seconds <= idealS * 1.1, `took ${seconds} s, ideal ${idealS} s`);
      });

      it(`has fewer than 2 of 100 requests refused: ${circumstances}`, async () => {
        const { refused } = await run();
        assert.ok(refused / (200 + refused) < 0.02, `${refused} refused`);
      });
    }
  }

  it("has fewer refusals the longer it runs", async () => {
    const limit = { perSecond: 10, burst: 15, retryAfter: "absent" as const };
    const { refused } = await outcomeOf({ limit, latencyMs: 50, requests: 2_000 });
    assert.ok(refused / (2_000 + refused) < 0.01, `${refused} refused`);
  });
});

describe("client: pacing at other limits", () => {
  const limits = [
    { perSecond: 3, burst: 3, requests: 300, most: 0.08 },
    { perSecond: 1, burst: 5, requests: 300, most: 0.08 },
    { perSecond: 5, burst: 5, requests: 400, most: 0.04 },
    { perSecond: 20, burst: 30, requests: 1_000, most: 0.02 },
    { perSecond: 50, burst: 50, requests: 2_000, most: 0.01 },
    { perSecond: 100, burst: 150, requests: 2_000, most: 0.01 },
  ];
  for (const { perSecond, burst, requests, most } of limits) {
    for (const retryAfter of retryAfters) {
      const run = (): Promise<Outcome> =>
        outcomeOf({ limit: { perSecond, burst, retryAfter }, latencyMs: 50, requests });
      const circumstances = `${perSecond} per second, burst ${burst}, Retry-After ${retryAfter}`;

      it(`takes at most a fifth longer: ${circumstances}`, async () => {
        const idealS = (requests - burst) / perSecond;
        const { seconds } = await run();
        assert.ok(seconds <= idealS * 1.2, `took ${seconds} s, ideal ${idealS} s`);
      });

      it(`has few requests refused: ${circumstances}`, async () => {
        const { refused } = await run();
        assert.ok(refused / (requests + refused) <= most, `${refused} of ${requests + refused} refused`);
      });
    }
  }

  it("costs a few round trips without a limit", async () => {
    const { seconds } = await outcomeOf({ limit: null, latencyMs: 50, requests: 1_600 });
    const withoutS = (1_600 / 16) * 0.05;
    assert.ok(seconds <= withoutS * 1.05, `took ${seconds} s, without it ${withoutS} s`);
  });

  it("does not delay sequential requests without a limit", async () => {
    const { seconds } = await outcomeOf({ limit: null, latencyMs: 20, requests: 100, callers: 1 });
    assert.ok(seconds <= 100 * 0.02 * 1.02, `took ${seconds} s`);
  });

  it("never has more requests in flight than connections", async () => {
    const clock = new SimulatedClock();
    const pacer = new Pacer(clock, 4);
    const deadline = new Deadline(1_000);
    let inFlight = 0;
    let most = 0;
    const exchange = async (): Promise<HttpAnswer> => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await clock.sleep(10);
      inFlight -= 1;
      return { status: 200, headers: {}, body: "" };
    };
    await clock.run(Promise.all(Array.from({ length: 50 }, () => pacer.send(exchange, deadline))));
    deadline.end();
    assert.equal(most, 4);
  });
});

describe("client: pacing and a server's answers", () => {
  const answer = (status: number, headers: Record<string, string> = {}): HttpAnswer => ({
    status,
    headers,
    body: "",
  });

  /** Sends one request to a server that gives the answers in turn, the last of them for ever. */
  async function sendTo(...answers: HttpAnswer[]): Promise<{ times: number[]; last: HttpAnswer }> {
    const clock = new SimulatedClock();
    const pacer = new Pacer(clock);
    const deadline = new Deadline(1_000);
    const times: number[] = [];
    const exchange = (): Promise<HttpAnswer> => {
      times.push(clock.nowMs());
      return Promise.resolve(answers[Math.min(times.length, answers.length) - 1]!);
    };
    const last = await clock.run(pacer.send(exchange, deadline));
    deadline.end();
    return { times, last };
  }

  it("waits as long as it is asked to", async () => {
    const { times } = await sendTo(answer(429, { "retry-after": "7" }), answer(201));
    assert.deepEqual(times, [0, 7_000]);
  });

  it("waits half a second, then twice as long each time, if the server does not ask for a wait", async () => {
    const { times } = await sendTo(answer(429), answer(429), answer(429), answer(201));
    assert.deepEqual(times, [0, 500, 1_500, 3_500]);
  });

  it("waits at most a minute, even if asked for more", async () => {
    const { times } = await sendTo(answer(429, { "retry-after": "99999999999999" }), answer(201));
    assert.deepEqual(times, [0, 60_000]);
  });

  it("does not repeat at once if asked to wait no time", async () => {
    const { times } = await sendTo(answer(429, { "retry-after": "0" }), answer(201));
    assert.deepEqual(times, [0, 500]);
  });

  it("reads a date by the server's clock if this machine's is wrong", async () => {
    const hourAgoMs = Date.now() - 3_600_000;
    const headers = {
      date: new Date(hourAgoMs).toUTCString(),
      "retry-after": new Date(hourAgoMs + 20_000).toUTCString(),
    };
    const { times } = await sendTo(answer(429, headers), answer(201));
    assert.ok(Math.abs((times[1] ?? 0) - 20_000) <= 1_000, `waited ${String(times[1])} ms`);
  });

  it("gives up after five minutes of nothing but 429", async () => {
    const { times, last } = await sendTo(answer(429, { "retry-after": "30" }));
    assert.deepEqual([last.status, times.at(-1)], [429, 300_000]);
  });

  for (const retryAfterS of [undefined, 1, 30]) {
    it(`gives up one request that alone is put off, while others are served: Retry-After ${String(retryAfterS)}`, async () => {
      const clock = new SimulatedClock();
      const pacer = new Pacer(clock);
      const deadline = new Deadline(1_000);
      const progress = { isOver: false, served: 0 };
      const after = (given: HttpAnswer) => async (): Promise<HttpAnswer> => {
        await clock.sleep(500);
        return given;
      };
      const putOff = async (): Promise<number> => {
        const refusal = answer(429, retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) });
        const { status } = await pacer.send(after(refusal), deadline);
        progress.isOver = true;
        return status;
      };
      const other = async (): Promise<void> => {
        while (!progress.isOver && clock.nowMs() < 1_000_000) {
          const { status } = await pacer.send(after(answer(200)), deadline);
          if (status === 200) progress.served += 1;
        }
      };
      const others = Array.from({ length: 4 }, other);
      const [status] = await clock.run(Promise.all([putOff(), ...others]));
      deadline.end();
      assert.equal(status, 429);
      assert.ok(progress.served > 20, `${progress.served} others were served`);
      assert.ok(clock.nowMs() >= 300_000 && clock.nowMs() <= 400_000, `after ${clock.nowMs()} ms`);
    });
  }

  it("serves each of thousands of requests, however long they wait", async () => {
    const limit = { perSecond: 1, burst: 1, retryAfter: "absent" as const };
    const { statuses } = await outcomeOf({ limit, latencyMs: 50, requests: 3_000, callers: 1_000 });
    assert.deepEqual([...statuses], [201]);
  });

  it("sends one request first after a pause that the server did not ask for", async () => {
    const clock = new SimulatedClock();
    const pacer = new Pacer(clock);
    const deadline = new Deadline(1_000);
    const times: number[] = [];
    const exchange = async (): Promise<HttpAnswer> => {
      times.push(clock.nowMs());
      const status = times.length <= 4 ? 429 : 201;
      await clock.sleep(100);
      return answer(status);
    };
    await clock.run(Promise.all(Array.from({ length: 4 }, () => pacer.send(exchange, deadline))));
    deadline.end();
    assert.deepEqual(
      times.filter((time) => time > 0 && time < 700),
      [600],
    );
  });

  it("continues after a request without an answer", async () => {
    const clock = new SimulatedClock();
    const pacer = new Pacer(clock, 1);
    const deadline = new Deadline(1_000);
    const failed = pacer.send(() => Promise.reject(new Error("cut off")), deadline);
    await clock.run(assert.rejects(failed, /cut off/));
    const { status } = await clock.run(pacer.send(() => Promise.resolve(answer(200)), deadline));
    deadline.end();
    assert.equal(status, 200);
  });
});
