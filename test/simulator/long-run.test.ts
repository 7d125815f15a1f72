import { strict as assert } from "node:assert";

import { Tally } from "../fuzz/tally";
import { exhaustiveTag } from "../suites";
import { useWarnings } from "../support/warnings";
import { describeFinding } from "./lifecycle";
import { firstFinding } from "./sound";

describe("simulated lifecycles in their long run", function () {
  useWarnings();

  it(`lose nothing in 100,000 lifecycles ${exhaustiveTag}`, async function () {
    this.timeout(6 * 60 * 60_000);
    const finding = await firstFinding(100_000, new Tally(), { report: console.error });
    assert.equal(finding === undefined ? undefined : describeFinding(finding), undefined);
  });
});
