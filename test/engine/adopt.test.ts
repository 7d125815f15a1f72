import { strict as assert } from "node:assert";
import path from "node:path";

import { acme, globex } from "./customers";
import { repositoryRoot, StackUnderTest } from "./engine";

const projectDir = path.join(repositoryRoot, "test/programs/resources");

describe("adoption of a tenant, on the engine", function () {
  let first: StackUnderTest;
  let tenantId: string;

  before(async () => {
    first = await StackUnderTest.create({
      projectDir,
      config: { "resources:declare": [{ type: "Tenant", name: "old", args: { name: "acme" } }] },
    });
    await first.up();
    tenantId = first.tenantId("acme");
  });
  after(async () => {
    await first.close();
  });

  /** A second stack, at the same API. */
  async function secondStack(customers: unknown[]): Promise<StackUnderTest> {
    return first.createBeside({ customers: customers as never });
  }

  it("is offered, with its id, if the name is taken, and takes the tenant over", async () => {
    const second = await secondStack([acme]);
    try {
      assert.match(await second.fail(["up", "--yes", "--skip-preview"]), new RegExp(`adopt: ${tenantId}`));
      await second.setCustomers([{ ...acme, adopt: tenantId }]);
      await second.up();
      const { tenantIds } = (await second.workspace.outputs()) as { tenantIds: Record<string, string> };
      assert.equal(tenantIds["acme"], tenantId);
      await second.setCustomers([acme]);
      await second.up();
      assert.deepEqual(Object.keys(first.existing()), ["acme"]);
    } finally {
      await second.close();
    }
  });

  it("is offered no line if the list fails; the refusal is still reported", async () => {
    const second = await secondStack([acme]);
    try {
      first.sandbox.control.addFault({ operation: "getTenants", kind: "status", status: 400 });
      assert.match(
        await second.fail(["up", "--yes", "--skip-preview"]),
        /create tenant "acme".*\b409\b.*\b400\b/s,
      );
    } finally {
      await second.close();
    }
  });

  it("is refused if the name differs", async () => {
    const second = await secondStack([{ ...globex, adopt: tenantId }]);
    try {
      assert.match(await second.fail(["up", "--yes", "--skip-preview"]), /"acme",.* "globex"/);
    } finally {
      await second.close();
    }
  });

  it("is refused if the stack has the tenant under another resource's name, and names aliases", async () => {
    await first.workspace.configure({
      "resources:declare": [{ type: "Tenant", name: "new", args: { name: "acme", adopt: tenantId } }],
    });
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      assert.match(await first.fail(command), /"old".*aliases: \[\{ name: "old" \}\]/s);
    }
    assert.deepEqual(Object.keys(first.existing()), ["acme"]);
  });

  it("follows a renamed resource by its alias", async () => {
    first.sandbox.control.resetRequests();
    await first.workspace.configure({
      "resources:declare": [
        { type: "Tenant", name: "new", args: { name: "acme" }, options: { aliases: [{ name: "old" }] } },
      ],
    });
    await first.up();
    assert.deepEqual(first.sandbox.control.requestLog(), []);
  });

  it("never deletes, in that run or the next, a tenant that the program still declares", async () => {
    // The alias keeps the program's own check from refusing; it names no resource, so the provider is the last to see it.
    const renamed = {
      type: "Tenant",
      name: "newest",
      args: { name: "acme", adopt: tenantId },
      options: { aliases: [{ name: "nobody" }] },
    };
    await first.workspace.configure({ "resources:declare": [renamed] });
    for (let run = 0; run < 2; run += 1) {
      assert.match(await first.fail(["up", "--yes", "--skip-preview"]), /Tenant "acme" \(.*aliases/s);
      assert.deepEqual(Object.keys(first.existing()), ["acme"]);
    }
  });
});
