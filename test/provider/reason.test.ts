import { strict as assert } from "node:assert";

import { reasonForChange } from "../../provider/src/reason";
import { readSettings } from "../../provider/src/settings";
import { useOwnEnvironment } from "../support/environment";

describe("the reason of a change", () => {
  useOwnEnvironment();

  it("is required in production, and there alone", () => {
    assert.equal(reasonForChange({ stage: "testing" }), undefined);
    assert.throws(
      () => reasonForChange({ stage: "production" }),
      /Nothing was sent.*export TENANTS_REASON="/s,
    );
  });

  it("is that of the environment, else that of the configuration; an empty one is none", () => {
    const configured = { stage: "production", reason: "standing order" } as const;
    assert.equal(reasonForChange(configured), "standing order");
    process.env["TENANTS_REASON"] = " CHG-1042 ";
    assert.equal(reasonForChange(configured), "CHG-1042");
    process.env["TENANTS_REASON"] = " ";
    assert.equal(reasonForChange(configured), "standing order");
    assert.throws(() => reasonForChange({ stage: "production" }), /none is given/);
  });

  for (const [what, reason] of [
    ["a control character", "clear\u001b[2J"],
    ["a second line", "one\ntwo"],
    ["a line separator", "one\u2028two"],
    ["an override of the text's direction", "in\u202edetrevni"],
    ["an isolate of the text's direction", "in\u2067side"],
    ["more than 500 characters", "x".repeat(501)],
  ] as const) {
    it(`is refused with ${what}, wherever it comes from`, () => {
      const read = readSettings((key) => ({ stage: "testing", reason })[key]);
      assert.deepEqual("problems" in read && read.problems.map(({ path }) => path), ["tenants:reason"]);
      process.env["TENANTS_REASON"] = reason;
      assert.throws(() => reasonForChange({ stage: "testing" }), /TENANTS_REASON must be .*Nothing was sent/);
    });
  }

  for (const reason of [
    "CRM-1: 👩‍💻 onboarding",
    "CRM-1042:\u200b acme goes live",
    "on\u00adboarding",
    "می‌خواهم",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} flags",
  ]) {
    it(`is recorded as it is: ${JSON.stringify(reason)}`, () => {
      process.env["TENANTS_REASON"] = reason;
      assert.equal(reasonForChange({ stage: "production" }), reason);
    });
  }

  it("may have 500 characters, in any script", () => {
    process.env["TENANTS_REASON"] = `Zákazník požádal 客户 ${"x".repeat(480)}`;
    assert.equal(reasonForChange({ stage: "production" }), process.env["TENANTS_REASON"]);
  });
});
