import { strict as assert } from "node:assert";

import { boundaries } from "../fuzz/boundaries";
import { planLifecycle } from "../fuzz/plan";
import { Tally } from "../fuzz/tally";
import { exhaustiveTag } from "../suites";
import { useWarnings } from "../support/warnings";
import { describeFinding, type Finding, simulateLifecycle } from "./lifecycle";
import { describeTried, pairsPlans, tryPairs, type Wanted } from "./pairs";
import { sabotages } from "./sabotage";
import type { Sabotage } from "./stack";

const seed = 20261126;

/** Simulates lifecycles until one of them is found to be wrong. */
async function firstFinding(count: number, tally: Tally, sabotage?: Sabotage): Promise<Finding | undefined> {
  for (let index = 0; index < count; index += 1) {
    const finding = await simulateLifecycle(
      planLifecycle(seed, index),
      tally,
      sabotage === undefined ? {} : { sabotage },
    );
    if (finding !== undefined) return finding;
  }
  return undefined;
}

async function assertSoundPairs(wanted: Wanted): Promise<number> {
  let tried = 0;
  for (const plan of pairsPlans()) {
    for await (const pair of tryPairs(wanted, plan)) {
      tried += 1;
      const { finding } = pair;
      if (finding !== undefined)
        assert.fail(`${plan.name}: ${describeTried(pair)}: ${describeFinding(finding)}`);
    }
  }
  return tried;
}

describe("simulated lifecycles, without the engine", function () {
  useWarnings();

  it("lose nothing and double nothing, wherever they are killed", async () => {
    const tally = new Tally();
    const finding = await firstFinding(4 * boundaries.length, tally);
    assert.equal(finding === undefined ? undefined : describeFinding(finding), undefined);
    const unreached = Object.entries(tally.kills).filter(([, count]) => count === 0);
    assert.deepEqual(unreached, []);
  });

  it("repeat by seed and index what they did", async () => {
    const texts: string[] = [];
    for (let times = 0; times < 2; times += 1) {
      await simulateLifecycle(planLifecycle(seed, 3), new Tally(), {
        onRepair: (stack) =>
          texts.push(
            stack.api.requests.map(({ operation, subject }) => `${operation} ${subject ?? ""}`).join(),
          ),
      });
    }
    assert.notEqual(texts[0], "");
    assert.equal(texts[0], texts[1]);
  });

  it("lose nothing and double nothing with a sample of the pairs of faults", async () => {
    const tried = await assertSoundPairs({
      first: (number) => number % 7 === 0,
      pair: (number) => number % 211 === 0,
    });
    assert.ok(tried > 50, String(tried));
  });

  for (const [name, sabotage] of Object.entries(sabotages)) {
    it(`find a provider that ${name}`, async () => {
      assert.notEqual(await firstFinding(400, new Tally(), sabotage), undefined);
    });
  }

  it(`lose nothing in 100,000 lifecycles ${exhaustiveTag}`, async function () {
    this.timeout(6 * 60 * 60_000);
    const finding = await firstFinding(100_000, new Tally());
    assert.equal(finding === undefined ? undefined : describeFinding(finding), undefined);
  });

  it(`lose nothing with any pair of faults ${exhaustiveTag}`, async function () {
    this.timeout(6 * 60 * 60_000);
    await assertSoundPairs({});
  });
});
