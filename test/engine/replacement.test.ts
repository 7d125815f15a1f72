import { strict as assert } from "node:assert";
import path from "node:path";

import type { ConfigValue } from "../../sandbox/pulumi/config-file";
import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { repositoryRoot, StackUnderTest } from "./engine";

const projectDir = path.join(repositoryRoot, "test/programs/resources");
const application = {
  type: "TenantApplication",
  name: "app",
  args: { tenantId: "${tenant.tenantId}", cell: "eu-1" },
};
const tenant = (args: Record<string, ConfigValue>): ConfigValue => ({ type: "Tenant", name: "tenant", args });

function operations(stack: StackUnderTest): string[] {
  return stack.sandbox.control.requestLog().map(({ operation }) => operation);
}

describe("replacement of an application, on the engine", function () {
  it("makes the new one before it deletes the old one, and the secret follows", async () => {
    const stack = await StackUnderTest.create({ customers: [acme] });
    try {
      await stack.up();
      stack.sandbox.control.resetRequests();
      await stack.setCustomers([
        { ...acme, applications: [{ cell: "eu-1", scopes: ["documents.submissions.read"] }] },
      ]);
      await stack.up();
      assert.deepEqual(operations(stack), [
        "token",
        "getTenantApplications",
        "createTenantApplication",
        "deleteTenantApplication",
      ]);
      const { customers } = (await stack.workspace.outputs()) as {
        customers: { acme: { applications: [{ secretArn: string; applicationId: string }] } };
      };
      const [{ secretArn, applicationId }] = customers.acme.applications;
      assert.deepEqual(stack.existing()["acme"], [applicationId]);
      assert.equal((await stack.storedSecret(secretArn))["application_id"], applicationId);
      await stack.up("--expect-no-changes");
      await stack.assertNoCredentials();
    } finally {
      await stack.close();
    }
  });

  it("leaves the old one in the state and on the record if the new one is refused", async () => {
    const stack = await StackUnderTest.create({ customers: [acme] });
    const atItsEnd = (): unknown =>
      (JSON.parse(stack.journalLines().findLast((line) => line !== "")!) as { holds: unknown }).holds;
    try {
      await stack.up();
      const before = [atItsEnd(), stack.existing()];
      await stack.setCustomers([
        { ...acme, applications: [{ cell: "eu-1", scopes: ["documents.submissions.read"] }] },
      ]);
      stack.sandbox.control.addFault({
        operation: "createTenantApplication",
        kind: "status",
        status: 400,
      });
      assert.notEqual((await stack.run(["up", "--yes", "--skip-preview"])).exitCode, 0);
      assert.deepEqual([atItsEnd(), stack.existing()], before);
      await stack.setCustomers([acme]);
      await stack.up("--expect-no-changes");
    } finally {
      await stack.close();
    }
  });

  it(`ignores the order of scopes ${exhaustiveTag}`, async () => {
    const scopes = ["documents.submissions.read", "documents.submissions.write"];
    const stack = await StackUnderTest.create({
      customers: [{ ...acme, applications: [{ cell: "eu-1", scopes }] }],
    });
    try {
      await stack.up();
      await stack.setCustomers([{ ...acme, applications: [{ cell: "eu-1", scopes: scopes.toReversed() }] }]);
      const [before] = stack.existing()["acme"]!;
      await stack.up();
      assert.deepEqual(stack.existing()["acme"], [before]);
    } finally {
      await stack.close();
    }
  });

  it(`adds an application and a secret for a new cell, and touches nothing else ${exhaustiveTag}`, async () => {
    const stack = await StackUnderTest.create({ stage: "production", customers: [acme] });
    try {
      await stack.up();
      stack.sandbox.control.resetRequests();
      await stack.setCustomers([{ ...acme, cells: ["eu-1", "us-1"] }]);
      const printed = await stack.up();
      assert.deepEqual(operations(stack), ["token", "getTenantApplications", "createTenantApplication"]);
      assert.match(printed, /\+ 4 created/);
      assert.doesNotMatch(printed, /replaced|deleted|updated/);
    } finally {
      await stack.close();
    }
  });
});

describe("replacement of a tenant, on the engine", function () {
  let stack: StackUnderTest;

  const two = (...cells: string[]): ConfigValue => ({
    type: "Tenant",
    name: "two",
    args: { name: "two", cells },
  });

  before(async () => {
    const declared = [tenant({ name: "acme", cells: ["eu-1"] }), application, two("eu-1", "us-1")];
    stack = await StackUnderTest.create({
      projectDir,
      stage: "production",
      config: { "resources:declare": declared },
    });
    await stack.up();
  });
  after(async () => {
    await stack.close();
  });

  for (const [what, args] of [
    ["name", { name: "other", cells: ["eu-1"] }],
    ["cells", { name: "acme", cells: ["us-1"] }],
    ["adopt", { name: "acme", cells: ["eu-1"], adopt: "another-tenant" }],
  ] as const) {
    const tag = what === "name" ? "" : ` ${exhaustiveTag}`;
    it(`is refused in a preview and in an up when ${what} changes${tag}`, async () => {
      const before = stack.existing();
      stack.sandbox.control.resetRequests();
      await stack.workspace.configure({
        "resources:declare": [tenant(args), application, two("eu-1", "us-1")],
      });
      for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        const printed = await stack.fail(command);
        assert.match(printed, new RegExp(`\\b${what} .*tenant "acme"`));
        assert.match(printed, /allowReplace: true/);
      }
      assert.deepEqual(stack.existing(), before);
      assert.deepEqual(stack.sandbox.control.requestLog(), []);
    });
  }

  it("ignores the order of cells", async () => {
    const before = stack.tenantId("two");
    await stack.workspace.configure({
      "resources:declare": [tenant({ name: "acme", cells: ["eu-1"] }), application, two("us-1", "eu-1")],
    });
    await stack.up();
    assert.equal(stack.tenantId("two"), before);
  });

  it("deletes the old one first when allowReplace is true", async () => {
    stack.sandbox.control.resetRequests();
    await stack.workspace.configure({
      "resources:declare": [tenant({ name: "other", allowReplace: true }), application, two("us-1", "eu-1")],
    });
    await stack.up();
    assert.deepEqual(operations(stack), [
      "token",
      "deleteTenantApplication",
      "deleteTenant",
      "createTenant",
      "createTenantApplication",
    ]);
  });
});
