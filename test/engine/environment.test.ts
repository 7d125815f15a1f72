import { strict as assert } from "node:assert";

import { startTenantManagement } from "../../sandbox/api";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

describe("a stack with another stage or API than it was created in, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    // Production allows no loopback of itself, and would refuse for that alone.
    const env = { TENANTS_ALLOWED_HOSTS: "127.0.0.1" };
    stack = await StackUnderTest.create({ customers: [acme], env });
    await stack.up();
  });
  beforeEach(() => {
    stack.sandbox.control.resetRequests();
  });
  after(async () => {
    await stack.close();
  });

  it("is refused when the stage changes, with any declaration", async () => {
    await stack.workspace.configure({ "tenants:stage": "production" });
    for (const [command, customers] of [
      [["preview"], [acme, globex]],
      [["up", "--yes", "--skip-preview"], []],
    ] as const) {
      await stack.setCustomers([...customers]);
      assert.match(await stack.fail(command), /\btesting\b.*tenants:stage/);
    }
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
    await stack.workspace.configure({ "tenants:stage": "testing" });
  });

  it("is refused when the API changes, and sends nothing to either", async () => {
    const other = await startTenantManagement();
    try {
      await stack.workspace.configure({ "tenants:apiUrl": other.apiUrl });
      await stack.setCustomers([acme, globex]);
      for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        assert.match(await stack.fail(command), /tenants:stage .*tenants:apiUrl/);
      }
      assert.deepEqual([...stack.sandbox.control.requestLog(), ...other.control.requestLog()], []);
    } finally {
      await other.close();
    }
  });
});
