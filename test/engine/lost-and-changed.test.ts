import { strict as assert } from "node:assert";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

const scopes = { read: ["documents.submissions.read"], write: ["documents.submissions.write"] };
const declared = (authMethod: string, granted: string[]) => [
  { ...acme, applications: [{ cell: "eu-1", authMethod, scopes: granted }] },
];

describe("a lost create of an application whose declaration changes before the next up, on the engine", function () {
  let stack: StackUnderTest;

  /** Makes an application whose answer is lost, and which cannot be looked for either. */
  async function loseApplication(authMethod: string): Promise<string> {
    await stack.setCustomers(declared(authMethod, scopes.read));
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "reset-after" });
    stack.sandbox.control.addFault({ operation: "getTenantApplications", kind: "status", status: 403 });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    stack.sandbox.control.clearFaults();
    return stack.existing()["acme"]![0]!;
  }

  async function assertOneThatWorks(lost: string): Promise<void> {
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.notDeepEqual(stack.existing()["acme"], [lost]);
    for (const application of toApplications(await stack.workspace.outputs())) {
      await proveSecret(stack.aws, application);
    }
    await stack.up("--expect-no-changes");
  }

  beforeEach(async () => {
    stack = await StackUnderTest.create();
  });
  afterEach(async () => {
    await stack.finish();
  });

  for (const [what, authMethod, changed] of [
    ["scopes", "EC", declared("EC", scopes.write)],
    ["method to one with a key", "CLIENT_SECRET", declared("EC", scopes.read)],
    ["method to one with another key", "EC", declared("RSA", scopes.read)],
    ["method to one with a secret", "EC", declared("CLIENT_SECRET", scopes.read)],
  ] as const) {
    const tag = what === "method to one with a key" ? "" : ` ${exhaustiveTag}`;
    it(`(its ${what}) is reported with its id, and replaced when that is allowed${tag}`, async () => {
      const lost = await loseApplication(authMethod);
      await stack.setCustomers(changed);
      assert.match(
        await stack.fail(["up", "--yes", "--skip-preview"]),
        new RegExp(`${lost}.*pulumi config set tenants:replaceLostApplications true`, "s"),
      );
      assert.deepEqual(stack.existing()["acme"], [lost]);
      await stack.workspace.configure({ "tenants:replaceLostApplications": true });
      await stack.up();
      await assertOneThatWorks(lost);
    });
  }

  it(`and of which the id came is replaced without its secret if that is allowed ${exhaustiveTag}`, async () => {
    await stack.setCustomers([acme]);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "garbage-body" });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    const partly = stack.existing()["acme"]![0]!;
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    await stack.up();
    await assertOneThatWorks(partly);
  });

  it(`and of which the id came is replaced by what is declared now ${exhaustiveTag}`, async () => {
    await stack.setCustomers(declared("EC", scopes.read));
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "garbage-body" });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    const partly = stack.existing()["acme"]![0]!;
    await stack.setCustomers(declared("EC", scopes.write));
    await stack.up();
    await assertOneThatWorks(partly);
  });
});

describe("a lost replacement with a key that is undone before the next up, on the engine", function () {
  let stack: StackUnderTest;
  afterEach(async () => {
    await stack.finish();
  });

  it(`is found by reconcile, and deleted by its fix: no up looks for it ${exhaustiveTag}`, async () => {
    stack = await StackUnderTest.create({ customers: declared("EC", scopes.read) });
    await stack.up();
    const [kept] = stack.existing()["acme"]!;
    await stack.setCustomers(declared("EC", scopes.write));
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "reset-after" });
    // It is listed once before the create.
    stack.sandbox.control.addFault({
      operation: "getTenantApplications",
      kind: "status",
      status: 403,
      nth: 2,
      times: Infinity,
    });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    stack.sandbox.control.clearFaults();
    assert.equal(stack.existing()["acme"]!.length, 2);
    await stack.setCustomers(declared("EC", scopes.read));
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 2);

    const found = await stack.tenants("reconcile");
    assert.match(found.stdout, /reconcile --fix/);
    assert.equal(found.exitCode, 3);
    await stack.tenants("reconcile", "--fix", "--yes");
    assert.deepEqual(stack.existing()["acme"], [kept]);
    assert.equal((await stack.tenants("reconcile")).exitCode, 0);
    await stack.up("--expect-no-changes");
  });
});

describe("a lost create of a tenant, on the engine", function () {
  let stack: StackUnderTest;

  /** Makes a tenant whose answer is lost, and which cannot be looked for either. */
  async function loseTenant(): Promise<void> {
    stack.sandbox.control.addFault({ operation: "createTenant", kind: "reset-after" });
    stack.sandbox.control.addFault({ operation: "getTenants", kind: "status", status: 403 });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    stack.sandbox.control.clearFaults();
  }

  beforeEach(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [acme] });
  });
  afterEach(async () => {
    await stack.finish();
  });

  it(`is found again by the next up, if the first was refused the list ${exhaustiveTag}`, async () => {
    await loseTenant();
    await stack.up();
    assert.equal(stack.sandbox.control.requests().createTenant, 1);
    await stack.up("--expect-no-changes");
  });

  it(`is found again if the customer was given another cell since ${exhaustiveTag}`, async () => {
    await loseTenant();
    await stack.setCustomers([{ ...acme, cells: ["eu-1", "us-1"] }]);
    await stack.up();
    assert.equal(stack.sandbox.control.requests().createTenant, 1);
    assert.equal(stack.existing()["acme"]!.length, 2);
    await stack.up("--expect-no-changes");
  });
});
