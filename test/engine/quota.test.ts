import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

describe("more customers than the organization may have tenants, on the engine", function () {
  it(`are warned of in a preview; the vendor's refusal names the quota, and the rest is made ${exhaustiveTag}`, async () => {
    const stack = await StackUnderTest.create({
      customers: [acme, globex],
      sandbox: { quota: 1 },
      config: { "tenants:quota": 1 },
    });
    assert.match(await stack.succeed(["preview"]), /\b2 customers .*\b1 tenants .*tenants:quota/);
    assert.match(await stack.fail(["up", "--yes", "--skip-preview"]), /create tenant .*\b403\b.*\bquota\b/);
    const [made = ""] = Object.keys(stack.existing());
    await stack.setCustomers([acme, globex].filter(({ name }) => name === made));
    assert.doesNotMatch(await stack.up(), /tenants:quota/);
    assert.equal(stack.existing()[made]!.length, 1);
    await stack.finish();
  });
});
