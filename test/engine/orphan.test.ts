import { strict as assert } from "node:assert";

import { endOf, runKilled } from "../fuzz/killed-command";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

describe("an engine that is killed alone", function () {
  it("also ends its providers, which would otherwise continue abandoned work", async () => {
    const stack = await StackUnderTest.create({ customers: [acme] });
    const { control } = stack.sandbox;
    control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    const started = await runKilled(stack, ["up", "--yes", "--skip-preview"], {
      when: () => control.requests().createTenantApplication > 0,
      isEngineAlone: true,
      env: {},
    });
    assert.ok(started !== undefined && started.length > 0);
    assert.deepEqual(await endOf(started), []);
    await stack.finish();
  });
});
