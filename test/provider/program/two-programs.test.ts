import { strict as assert } from "node:assert";

import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";
import * as state from "@pulumi/pulumi/runtime/state";

import { Tenant } from "../../../provider/src";
import { tenantType } from "../../../provider/src/names/resource-types";
import { useOwnEnvironment } from "../../support/environment";
import { mentions } from "../../support/mentions";

/** How the SDK's server for inline programs begins one: it has no type for it. */
const { withLocalStorage } = state as unknown as {
  withLocalStorage: <T>(program: () => Promise<T>) => Promise<T>;
};

/** A stack in which a program runs. */
interface InlineStack {
  name: string;
  stage: string;
  /** The tenant that its state holds. */
  heldId: string;
  /** Where that was made. */
  madeIn: string;
}

/** Runs a program that declares one tenant, as the Automation API runs an inline one, in an asynchronous context of its own. */
function runInline({
  name,
  stage,
  heldId,
  madeIn,
}: InlineStack): Promise<{ slots: Array<{ name: string }>; asked: number }> {
  return withLocalStorage(async () => {
    const slots: Array<{ name: string }> = [];
    let asked = 0;
    const urn = `urn:pulumi:${name}::project::${tenantType}::acme`;
    const outputs = { tenantId: heldId, stage: madeIn };
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, inputs }: MockResourceArgs) => {
          if (type === tenantType) slots.push((inputs as { slot: { name: string } }).slot);
          return { id: heldId, state: inputs as Record<string, unknown> };
        },
        call: () => {
          asked += 1;
          return { outputs: { [urn]: { type: tenantType, outputs } } };
        },
      },
      "project",
      name,
      false,
      "organization",
    );
    setAllConfig({ "tenants:stage": stage });
    await pulumi.runtime.runInPulumiStack(async () => {
      const tenants = ["acme", "other"].map((one) => new Tenant(one, { name: one }));
      // The SDK waits for what is registered, and not in mocks.
      await Promise.all(tenants.map(({ urn }) => promiseOf(urn)));
      return {};
    });
    return { slots: slots.toSorted((a, b) => a.name.localeCompare(b.name)), asked };
  });
}

const promiseOf = (output: pulumi.Output<string>): Promise<string> =>
  (output as pulumi.Output<string> & { promise: () => Promise<string> }).promise();

const slotsOf = (stack: string, heldId: string) => [
  { stack: `organization/project/${stack}`, name: "acme", heldId },
  { stack: `organization/project/${stack}`, name: "other" },
];

describe("two programs in one process, of two stacks", () => {
  useOwnEnvironment();
  const one = { name: "one", stage: "testing", heldId: "t-1", madeIn: "testing" };
  const other = { name: "other", stage: "production", heldId: "t-2", madeIn: "production" };

  it("each get their own stack's resources, which are read once", async () => {
    const runs = await Promise.all([runInline(one), runInline(other)]);
    assert.deepEqual(runs, [
      { slots: slotsOf("one", "t-1"), asked: 1 },
      { slots: slotsOf("other", "t-2"), asked: 1 },
    ]);
  });

  it("get the present resources if one stack's program runs again", async () => {
    const runs = [await runInline(one), await runInline({ ...one, heldId: "t-3" })];
    assert.deepEqual(
      runs.map(({ slots }) => slots[0]),
      [slotsOf("one", "t-1")[0], slotsOf("one", "t-3")[0]],
    );
  });

  it("are each checked by their own settings, independent of the other", async () => {
    const misplaced = { ...other, madeIn: "testing" };
    const [first, second] = await Promise.allSettled([runInline(one), runInline(misplaced)]);
    assert.equal(first.status, "fulfilled");
    assert.ok(second.status === "rejected");
    mentions(String(second.reason), "stage testing", "tenants:stage", "tenants:apiUrl");
  });
});
