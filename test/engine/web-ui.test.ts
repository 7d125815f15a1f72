import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

describe("a tenant for which the API gives no Web UI link, on the engine", function () {
  it(`has no URL, and a warning says so; a refresh finds the link that comes later ${exhaustiveTag}`, async () => {
    const stack = await StackUnderTest.create({ customers: [acme], sandbox: { uiLinks: "none" } });
    try {
      assert.match(await stack.up(), /warning: .*tenant "acme".*\beu-1\b/);
      assert.deepEqual((await stack.workspace.outputs())["webUiUrls"], { acme: {} });
      stack.sandbox.control.configure({ uiLinks: "object" });
      await stack.succeed(["refresh", "--yes", "--skip-preview"]);
      await stack.up();
      assert.deepEqual((await stack.workspace.outputs())["webUiUrls"], {
        acme: { "eu-1": "https://acme-sandbox.documents.testing.resistant.ai" },
      });
    } finally {
      await stack.finish();
    }
  });
});
