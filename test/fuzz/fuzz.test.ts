import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { boundaries, boundaryName } from "./boundaries";
import { describeFinding, fuzz } from "./fuzz";

/**
 * The fuzzer in short: lifecycles that are killed where it hurts most. `npm run fuzz -- --runs 500` is the long form;
 * docs/reliability.md has its figures.
 */
describe("random lifecycles with faults and SIGKILL, on the engine", function () {
  this.timeout(600_000);
  const seed = 20261124;
  const names = boundaries.map(boundaryName);
  // The simulator's sample is killed at each (test/simulator): this one shows that the engine does as its model.
  const fewBoundaries = ["createTenantApplication answered"];
  const moreBoundaries = [
    ...fewBoundaries,
    "createTenant after",
    "deleteTenantApplication after",
    "createTenantApplication after",
    "deleteTenant after",
    "deleteTenant answered",
  ];

  async function assertSound(indexes: readonly number[], killedAt: readonly string[]): Promise<void> {
    const { tally, findings } = await fuzz({ seed, indexes, parallel: 2 });
    assert.deepEqual(findings.map(describeFinding), []);
    for (const name of killedAt)
      assert.ok((tally.kills[name] ?? 0) >= 1, `no lifecycle was killed at ${name}`);
  }

  it(`lose nothing, double nothing, and are repaired by what the messages say ${exhaustiveTag}`, () =>
    assertSound(
      fewBoundaries.map((name) => names.indexOf(name)),
      fewBoundaries,
    ));

  it(`lose nothing wherever they are killed: two lifecycles for each boundary ${exhaustiveTag}`, function () {
    this.timeout(60 * 60_000);
    return assertSound(
      Array.from({ length: 2 * boundaries.length }, (_, index) => index),
      moreBoundaries,
    );
  });
});
