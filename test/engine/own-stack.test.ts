import { strict as assert } from "node:assert";
import path from "node:path";

import { exhaustiveTag } from "../suites";
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
      const { resources } = (await stack.workspace.exportState()).deployment;
      const traced = resources.filter(({ stackTrace }) => stackTrace !== undefined).map(({ type }) => type);
      assert.deepEqual(
        traced.filter((type) => type.startsWith("pulumi-nodejs:dynamic/resistant:")),
        [],
      );
      assert.ok(traced.length > 0, "the program's own resources have theirs");
      stack.sandbox.control.resetRequests();
      await stack.up("--expect-no-changes");
      assert.deepEqual(stack.sandbox.control.requestLog(), []);
      await stack.succeed(["destroy", "--yes", "--skip-preview"]);
      assert.deepEqual(stack.existing(), {});
    } finally {
      await stack.finish();
    }
  });

  it(`is let go in production by its Tenant's status, once an up has recorded it with a reason ${exhaustiveTag}`, async () => {
    const declare = (args: Record<string, string>) => [
      { type: "Tenant", name: "first", args: { name: "acme", ...args } },
      { type: "TenantApplication", name: "client", args: { tenantId: "${first.tenantId}", cell: "eu-1" } },
    ];
    const stack = await StackUnderTest.create({
      stage: "production",
      projectDir: path.join(repositoryRoot, "test/programs/resources"),
      config: { "resources:declare": declare({}) },
    });
    const destroy = ["destroy", "--yes", "--skip-preview"];
    try {
      await stack.up();
      const held = stack.existing();
      assert.match(await stack.fail(destroy), /status: deprecated/);
      await stack.workspace.configure({ "resources:declare": declare({ status: "deprecated" }) });
      assert.match(
        await stack.fail(["up", "--yes", "--skip-preview"], { env: { TENANTS_REASON: undefined } }),
        /reason/,
      );
      await stack.succeed(["preview"]);
      assert.match(await stack.fail(destroy), /status: deprecated/);
      stack.sandbox.control.resetRequests();
      await stack.up();
      assert.deepEqual(stack.sandbox.control.requestLog(), []);
      await stack.up("--expect-no-changes");
      await stack.workspace.configure({ "resources:declare": declare({ status: "active" }) });
      await stack.up();
      assert.match(await stack.fail(destroy), /status: deprecated/);
      assert.deepEqual(stack.existing(), held);
      await stack.workspace.configure({ "resources:declare": declare({ status: "deprecated" }) });
      await stack.up();
      await stack.succeed(destroy);
      assert.deepEqual(stack.existing(), {});
      const recorded = (await stack.journal())
        .split("\n")
        .filter((line) => line.includes('"type":"Customer"') && line.includes('"event":"result"'));
      assert.deepEqual(
        recorded.map((line) => (JSON.parse(line) as { operation: string }).operation),
        ["deprecate", "activate", "deprecate"],
      );
    } finally {
      await stack.finish();
    }
  });
});
