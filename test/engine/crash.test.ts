import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

const customers = [
  {
    ...acme,
    applications: [
      { cell: "eu-1", authMethod: "EC" },
      { cell: "eu-1", purpose: "other", authMethod: "RSA", scopes: ["documents.submissions.read"] },
    ],
  },
];

describe("SIGKILL in the middle of an up, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers });
  });
  afterEach(async () => {
    await stack.finish();
  });

  for (const operation of ["createTenant", "createTenantApplication"] as const) {
    for (const [when, carriedOut] of [
      ["before", false],
      ["after", true],
    ] as const) {
      const isSample = operation === "createTenantApplication" && carriedOut;
      const tag = isSample ? "" : ` ${exhaustiveTag}`;
      it(`${when} the API carried out ${operation} is repaired by the next up${tag}`, async () => {
        stack.sandbox.control.addFault({ operation, kind: "hang", carriedOut });
        await stack.killUpWhen(() => stack.sandbox.control.requests()[operation] > 0);
        stack.sandbox.control.clearFaults();
        assert.match(await stack.up(), /tenants -- reconcile/);
        assert.equal(stack.existing()["acme"]!.length, 2);
        await stack.up("--expect-no-changes");
        await stack.succeed(["destroy", "--yes", "--skip-preview"]);
        assert.deepEqual(stack.existing(), {});
      });
    }
  }

  it("while an application with a secret was created is reported with its id, and creates none twice", async () => {
    await stack.setCustomers([acme]);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    await stack.killUpWhen(() => stack.sandbox.control.requests().createTenantApplication > 0);
    stack.sandbox.control.clearFaults();
    const [lost] = stack.existing()["acme"]!;
    assert.match(await stack.fail(["up", "--yes", "--skip-preview"]), new RegExp(lost!));
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.notDeepEqual(stack.existing()["acme"], [lost]);
  });

  describe("after the API deleted the stack's last tenant", () => {
    beforeEach(async () => {
      await stack.up();
      await stack.setCustomers([]);
      stack.sandbox.control.addFault({ operation: "deleteTenant", kind: "hang", carriedOut: true });
      await stack.killUpWhen(() => stack.sandbox.control.requests().deleteTenant > 0);
      stack.sandbox.control.clearFaults();
      assert.deepEqual(stack.existing(), {});
    });

    it(`is repaired by the next up ${exhaustiveTag}`, async () => {
      await stack.up();
      await stack.up("--expect-no-changes");
    });

    it(`is repaired by a refresh ${exhaustiveTag}`, async () => {
      await stack.succeed(["refresh", "--yes", "--skip-preview"]);
      // What is left is the customer's component, which only an up takes out of the state.
      await stack.up();
      assert.equal(stack.sandbox.control.requests().deleteTenant, 1);
      await stack.up("--expect-no-changes");
    });
  });
});

describe("SIGKILL in the middle of two ups, with another cell declared in between, on the engine", () => {
  it(`is repaired by the next up ${exhaustiveTag}`, async () => {
    const inCells = (...cells: string[]) => ({
      ...acme,
      cells,
      applications: cells.map((cell) => ({ cell, authMethod: "EC" })),
    });
    const stack = await StackUnderTest.create({ stage: "production", customers: [inCells("us-1")] });
    const { control } = stack.sandbox;
    for (const carriedOut of [false, true]) {
      control.addFault({ operation: "createTenant", kind: "hang", carriedOut });
      await stack.killUpWhen(() => control.requests().createTenant > Number(carriedOut));
      control.clearFaults();
      await stack.setCustomers([inCells("us-1", "eu-1")]);
    }
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 2);
    await stack.finish();
  });
});
