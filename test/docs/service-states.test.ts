import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

import { statesPage, writeStates } from "../../docs/service-states";

describe("the page of the service", () => {
  it("has the states of a request as the code has them", async () => {
    assert.equal(
      readFileSync(statesPage, "utf8"),
      await writeStates(),
      "docs/service.md is old: run `npm run docs`",
    );
  });
});
