import assert from "node:assert/strict";

import { Deadline } from "../../../provider/src/client/deadline";
import { Pacer } from "../../../provider/src/client/pacer";
import type { RateLimit } from "../../../sandbox/api/settings";
import { LimitedServer, SimulatedClock } from "../../support/limited-server";

const limit = { perSecond: 10, burst: 15 };

/** Sixteen stacks, with as many requests as some 12 customers take each: 400 in all. */
const stackSizes = Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? 18 : 32));
const requests = stackSizes.reduce((sum: number, size) => sum + size, 0);

/** What the limit allows, and how long the first engines take until they send anything, in milliseconds. */
const idealMs = ((requests - limit.burst) / limit.perSecond) * 1000;
const engineStartMs = 2_500;

interface Outcome {
  /** How long it took, by what the limit allows. */
  ratio: number;
  /** The share of requests that were answered 429. */
  refused: number;
}

/** Gives the same numbers from 0 to 1 for a seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

/** Simulates machines that share nothing but the limit, and take one stack after another, two at once each. */
async function run(
  retryAfter: RateLimit["retryAfter"],
  { seed, machines, startsMs }: { seed: number; machines: number; startsMs: number },
): Promise<Outcome> {
  const clock = new SimulatedClock();
  const random = numbers(seed);
  const server = new LimitedServer(clock, { ...limit, retryAfter }, () => 30 + 40 * random());
  const stacks = [...stackSizes];
  const machine = async (index: number): Promise<void> => {
    await clock.sleep(index * startsMs);
    const pacer = new Pacer(clock, Infinity);
    const deadline = new Deadline(1e9, clock);
    const lane = async (): Promise<void> => {
      for (let size = stacks.shift(); size !== undefined; size = stacks.shift()) {
        await clock.sleep(engineStartMs * (0.8 + 0.4 * random()));
        let left = size;
        const caller = async (): Promise<void> => {
          while (left > 0) {
            left -= 1;
            await pacer.send(() => server.exchange(), deadline);
            await clock.sleep(20 * random());
          }
        };
        await Promise.all(Array.from({ length: 16 }, caller));
        await clock.sleep(1_000 * random());
      }
    };
    await Promise.all([lane(), lane()]);
    deadline.end();
  };
  await clock.run(Promise.all(Array.from({ length: machines }, (_, index) => machine(index))));
  assert.equal(server.served, requests, "each request is served once");
  return {
    ratio: (clock.nowMs() - engineStartMs) / idealMs,
    refused: server.refused / (server.served + server.refused),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

describe("client: two machines that share nothing but a limit of 10 requests per second", () => {
  for (const retryAfter of ["seconds", "date", "absent"] as const) {
    for (const startsMs of [0, 1_500, 4_000]) {
      it(`take at most a quarter longer than it allows, and have few refused: Retry-After ${retryAfter}, ${startsMs} ms apart`, async () => {
        const outcomes: Outcome[] = [];
        for (let seed = 1; seed <= 7; seed += 1)
          outcomes.push(await run(retryAfter, { seed: seed * 7_919, machines: 2, startsMs }));
        const ratio = median(outcomes.map((outcome) => outcome.ratio));
        const refused = median(outcomes.map((outcome) => outcome.refused));
        assert.ok(ratio <= 1.25, `took ${ratio} times as long`);
        assert.ok(refused < 0.05, `${refused * 100} % were refused`);
        // None is left with next to nothing.
        for (const outcome of outcomes)
          assert.ok(outcome.ratio <= 1.6, `took ${outcome.ratio} times as long`);
      });
    }
  }
});
