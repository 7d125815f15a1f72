import { strict as assert } from "node:assert";

import { median, medianRatio } from "../../bench/report/statistics";

const inRounds = (...values: number[]) => values.map((value, round) => ({ round, value }));

describe("statistics of the benchmark", () => {
  it("take the middle number, in any order", () => {
    assert.equal(median([9, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  it("compare what ran in the same round, so that a slow round is slow for both", () => {
    assert.equal(medianRatio(inRounds(2, 20, 3), inRounds(1, 10, 1)), 2);
  });

  it("leave out a round that one of both did not finish", () => {
    assert.equal(medianRatio(inRounds(2, 9), [{ round: 0, value: 1 }]), 2);
    assert.ok(Number.isNaN(medianRatio(inRounds(1), [])));
  });
});
