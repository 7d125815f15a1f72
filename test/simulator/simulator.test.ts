import { strict as assert } from "node:assert";

import { boundaries } from "../fuzz/boundaries";
import { planLifecycle } from "../fuzz/plan";
import { Tally } from "../fuzz/tally";
import { useWarnings } from "../support/warnings";
import { describeFinding, simulateLifecycle } from "./lifecycle";
import { sabotages } from "./sabotage";
import { assertSoundPairs, firstFinding, seed } from "./sound";

describe("simulated lifecycles, without the engine", function () {
  useWarnings();

  it("lose nothing and double nothing, wherever they are killed", async () => {
    const tally = new Tally();
    const finding = await firstFinding(3 * boundaries.length, tally);
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
            [
              ...stack.api.requests.map(({ operation, subject }) => `${operation} ${subject ?? ""}`),
              ...stack.api.tenants().map(({ tenantId }) => tenantId),
            ].join(),
          ),
      });
    }
    assert.notEqual(texts[0], "");
    assert.equal(texts[0], texts[1]);
  });

  it("lose nothing and double nothing with a sample of the pairs of faults", async () => {
    const tried = await assertSoundPairs({
      first: (number) => number % 13 === 0,
      pair: (number) => number % 601 === 0,
    });
    assert.ok(tried > 50, String(tried));
  });

  for (const [name, { from = 0, found, sabotage }] of Object.entries(sabotages)) {
    it(`find a provider that ${name}`, async () => {
      const finding = await firstFinding(400, new Tally(), { from, sabotage });
      assert.match(finding?.violated ?? "nothing was found", found);
    });
  }
});
