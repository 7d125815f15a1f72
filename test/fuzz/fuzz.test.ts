import { strict as assert } from "node:assert";

import { boundaries, boundaryName } from "./boundaries";
import { describeFinding, fuzz } from "./fuzz";

/**
 * The fuzzer in short: lifecycles that are killed where it hurts most. `npm run fuzz -- --runs 500` is the long form;
 * docs/reliability.md has its figures.
 */
describe("random lifecycles with faults and SIGKILL, on the engine", function () {
  this.timeout(600_000);
  const seed = 20261124;
  const killedAt = [
    "createTenant after",
    "createTenantApplication after",
    "createTenantApplication answered",
    "deleteTenantApplication after",
    "deleteTenant after",
    "deleteTenant answered",
  ];

  it("lose nothing, double nothing, and are repaired by what the messages say", async () => {
    const names = boundaries.map(boundaryName);
    const indexes = killedAt.map((name) => names.indexOf(name));
    const { tally, findings } = await fuzz({ seed, indexes, parallel: 2 });
    assert.deepEqual(findings.map(describeFinding), []);
    for (const name of killedAt)
      assert.ok((tally.kills[name] ?? 0) >= 1, `no lifecycle was killed at ${name}`);
  });
});
