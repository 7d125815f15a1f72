import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";

import { startTenantManagement } from "../../sandbox/api";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

describe("refresh, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    const customers = [{ ...acme, uiCells: ["eu-1"] }, globex];
    stack = await StackUnderTest.create({ stage: "production", customers });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  const refresh = ["refresh", "--yes", "--skip-preview"];

  it("finds a deleted application and a deleted tenant, which the next up makes again, with their secrets", async () => {
    const [lost] = stack.existing()["acme"]!;
    const lostTenant = stack.tenantId("globex");
    stack.sandbox.control.deleteApplication(lost!);
    stack.sandbox.control.deleteTenant(lostTenant);
    await stack.succeed(refresh);
    await stack.up();
    const [made] = stack.existing()["acme"]!;
    assert.notEqual(made, lost);
    assert.notEqual(stack.tenantId("globex"), lostTenant);
    const outputs = (await stack.workspace.outputs())["customers"] as Record<
      string,
      { applications: Array<{ secretArn: string }> }
    >;
    for (const customer of ["acme", "globex"]) {
      const { secretArn } = outputs[customer]!.applications[0]!;
      assert.deepEqual(stack.existing()[customer], [(await stack.storedSecret(secretArn))["application_id"]]);
    }
    await stack.up("--expect-no-changes");
  });

  it(`finds a deleted tenant alone (--target), whose applications the next up creates in the new one ${exhaustiveTag}`, async () => {
    const [lostTenant, [lost]] = [stack.tenantId("globex"), stack.existing()["globex"]!];
    stack.sandbox.control.deleteTenant(lostTenant);
    await stack.succeed([...refresh, "--target", "**:Tenant::*"]);
    const { resources } = (await stack.workspace.exportState()).deployment;
    const held = resources.map(({ id }) => id);
    assert.deepEqual([held.includes(lostTenant), held.includes(lost)], [false, true]);
    await stack.up();
    assert.notEqual(stack.tenantId("globex"), lostTenant);
    assert.equal(stack.existing()["globex"]?.length, 1);
    await stack.up("--expect-no-changes");
  });

  it("refuses with another organization's credentials, and says how to insist", async () => {
    const other = await startTenantManagement({ stage: "production", organization: "other" });
    try {
      await stack.workspace.configure({ "tenants:tokenUrl": other.tokenUrl });
      for (const { tenantId } of stack.sandbox.control.tenants())
        stack.sandbox.control.deleteTenant(tenantId);
      const printed = await stack.fail(refresh);
      assert.match(printed, /TENANTS_ACCEPT_MISSING=true/);
      const { resources } = (await stack.workspace.exportState()).deployment;
      assert.equal(resources.filter(({ type }) => type.endsWith(":Tenant")).length, 2);
      await stack.succeed(refresh, { env: { TENANTS_ACCEPT_MISSING: "true" } });
      await stack.workspace.configure({ "tenants:tokenUrl": stack.sandbox.tokenUrl });
      await stack.up();
      assert.deepEqual(Object.keys(stack.existing()).sort(), ["acme", "globex"]);
    } finally {
      await other.close();
    }
  });

  it(`reports changed cells with the line that accepts them, and replaces nothing ${exhaustiveTag}`, async () => {
    const tenantId = stack.tenantId("acme");
    stack.sandbox.control.setCells(tenantId, ["eu-1", "us-1"]);
    const printed = await stack.succeed(refresh);
    assert.match(printed, /tenant "acme".*uiCells: \[eu-1, us-1\]/s);
    const initech = { name: "initech", customerId: "CRM-3", cells: ["eu-1"] };
    await stack.setCustomers([{ ...acme, uiCells: ["eu-1"] }, globex, initech]);
    await stack.up();
    assert.equal(stack.tenantId("acme"), tenantId);
    assert.ok("initech" in stack.existing(), "another customer was held up by the drift");
    await stack.setCustomers([{ ...acme, uiCells: ["us-1", "eu-1"] }, globex, initech]);
    await stack.up();
    await stack.up("--expect-no-changes");
    assert.equal(stack.tenantId("acme"), tenantId);
  });

  it("works after the organization's key was changed", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 3072,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    stack.sandbox.control.removeOrganizationKey(stack.sandbox.keyId);
    stack.sandbox.control.registerOrganizationKey(publicKey, "the-next-key");
    const printed = await stack.fail(refresh);
    assert.match(printed, /--run-program/);
    await stack.succeed(refresh, { env: { TENANTS_PRIVATE_KEY: privateKey } });
  });
});
