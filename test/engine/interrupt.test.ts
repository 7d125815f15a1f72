import { strict as assert } from "node:assert";
import { setTimeout as sleepMs } from "node:timers/promises";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

describe("SIGINT in the middle of an up, on the engine", function () {
  it("waits for the call in flight and saves what it made; the next up goes on from there", async () => {
    const stack = await StackUnderTest.create({ customers: [acme] });
    const { control } = stack.sandbox;
    control.addFault({ operation: "createTenantApplication", kind: "latency", latencyMs: 2000 });
    const interruption = new AbortController();
    const up = stack.fail(["up", "--yes", "--skip-preview"], { signal: interruption.signal });
    while (control.requests().createTenantApplication === 0) await sleepMs(5);
    interruption.abort();
    await up;
    const [applicationId] = stack.existing()["acme"]!;
    const state = await stack.workspace.exportState();
    assert.match(JSON.stringify(state), new RegExp(`"applicationId":"${applicationId}"`));
    await stack.up();
    assert.deepEqual(stack.existing()["acme"], [applicationId]);
    assert.equal(control.requests().createTenantApplication, 1);
    for (const application of toApplications(await stack.workspace.outputs())) {
      await proveSecret(stack.aws, application);
    }
    await stack.up("--expect-no-changes");
    await stack.finish();
  });
});
