import { strict as assert } from "node:assert";
import path from "node:path";

import { repositoryRoot, StackUnderTest } from "./engine";

describe("examples/own-stack, on the engine", function () {
  it("makes a tenant and its client, is idle the second time, and leaves nothing behind", async () => {
    const stack = await StackUnderTest.create({
      projectDir: path.join(repositoryRoot, "examples/own-stack"),
    });
    try {
      await stack.up();
      const outputs = await stack.workspace.outputs();
      const [tenant] = stack.sandbox.control.tenants();
      assert.equal(outputs["clientId"], tenant!.applications[0]!.clientId);
      assert.equal(outputs["clientSecret"], "[secret]");
      assert.deepEqual(Object.keys(outputs["webUiUrls"] as object), ["eu-1"]);
      stack.sandbox.control.resetRequests();
      await stack.up("--expect-no-changes");
      assert.deepEqual(stack.sandbox.control.requestLog(), []);
      await stack.succeed(["destroy", "--yes", "--skip-preview"]);
      assert.deepEqual(stack.existing(), {});
    } finally {
      await stack.finish();
    }
  });
});
