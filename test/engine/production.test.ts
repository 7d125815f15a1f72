import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const customers = [
  { ...acme, cells: ["eu-1", "us-1"], applications: [{ cell: "eu-1", authMethod: "EC" }] },
  globex,
];
const upUnseen = ["up", "--yes", "--skip-preview"];

describe("an active production customer, on the engine", function () {
  let stack: StackUnderTest;
  let held: Record<string, string[]>;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });
  beforeEach(async () => {
    await stack.setCustomers(customers);
    held = stack.existing();
  });

  /** Asserts that a command is refused and that all credentials are where they were. */
  async function loses(nothing: readonly string[], because: RegExp): Promise<void> {
    assert.match(await stack.fail(nothing), because);
    assert.deepEqual(stack.existing(), held);
    assert.equal((await stack.listSecrets()).length, 3);
  }

  it("is not removed by a preview or an up, which name the way out", async () => {
    await stack.setCustomers([customers[0]!]);
    await loses(["preview"], /globex\/eu-1\/default.*status: deprecated/s);
    await loses(upUnseen, /globex\/eu-1\/default.*status: deprecated/s);
  });

  it("keeps an application whose cell is removed", async () => {
    await stack.setCustomers([
      { ...acme, cells: ["eu-1"], applications: [{ cell: "eu-1", authMethod: "EC" }] },
      globex,
    ]);
    await loses(upUnseen, /acme\/us-1\/default/);
  });

  it("is not deprecated and cut down in one step", async () => {
    await stack.setCustomers([customers[0]!, { ...globex, status: "deprecated", cells: ["us-1"] }]);
    await loses(upUnseen, /globex\/eu-1\/default/);
  });

  it("survives destroy", async () => {
    await loses(["destroy", "--yes", "--skip-preview"], /cannot be deleted\s+because it is protected/);
  });

  for (const [type, name] of [
    ["resistant:Tenant", "acme"],
    ["secret:Secret", "acme/eu-1/default"],
  ] as const) {
    const tag = type === "resistant:Tenant" ? "" : ` ${exhaustiveTag}`;
    it(`survives up --replace of its ${type}${tag}`, async () => {
      await loses([...upUnseen, "--replace", await stack.urn(type, name)], /marked for protection/);
    });
  }

  it("survives a change of the secret prefix", async () => {
    await stack.workspace.configure({ "tenants:secretPrefix": "another" });
    await loses(upUnseen, /marked for protection/);
    await stack.workspace.configure({ "tenants:secretPrefix": stack.secretPrefix });
  });

  for (const type of ["resistant:TenantApplication", "resistant:SigningKey"]) {
    const tag = type === "resistant:SigningKey" ? "" : ` ${exhaustiveTag}`;
    it(`has its ${type} replaced on demand, the new application before the old one${tag}`, async () => {
      stack.sandbox.control.resetRequests();
      await stack.up("--replace", await stack.urn(type, "acme/eu-1/default"));
      assert.deepEqual(
        stack.sandbox.control.requestLog().map(({ operation }) => operation),
        ["token", "getTenantApplications", "createTenantApplication", "deleteTenantApplication"],
      );
      assert.equal(stack.existing()["acme"]!.length, 2);
      await stack.up("--expect-no-changes");
    });
  }

  it("is let go once it is deprecated", async () => {
    await stack.setCustomers([customers[0]!, { ...globex, status: "deprecated" }]);
    await stack.up();
    assert.deepEqual(stack.existing(), held);
    await stack.setCustomers([customers[0]!]);
    await stack.up();
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
  });
});
