import { strict as assert } from "node:assert";

import { ReasonError, reasonForChange, showsNothing } from "../../../provider/src/settings/reason";
import { readSettings } from "../../../provider/src/settings/settings";
import { mentioning, mentions } from "../../support/mentions";

describe("the reason of a change", () => {
  it("is required only in production", () => {
    assert.equal(reasonForChange({ stage: "testing" }, {}), undefined);
    assert.throws(() => reasonForChange({ stage: "production" }, {}), mentioning("export TENANTS_REASON="));
  });

  it("is that of the environment, else that of the configuration; an empty one counts as unset", () => {
    const configured = { stage: "production", reason: "standing order" } as const;
    const empty = { TENANTS_REASON: " " };
    assert.equal(reasonForChange(configured, {}), "standing order");
    assert.equal(reasonForChange(configured, { TENANTS_REASON: " CHG-1042 " }), "CHG-1042");
    assert.equal(reasonForChange(configured, empty), "standing order");
    assert.throws(() => reasonForChange({ stage: "production" }, empty), ReasonError);
  });

  for (const reason of [
    "\u200b",
    "\u2800\u2800",
    "\u3164",
    "\u00ad \u00ad",
    "\u0301",
    "\ufe0f\u200d",
    "\u{e0020}",
  ]) {
    it(`is refused if nothing of it is visible: ${JSON.stringify(reason)}`, () => {
      assert.throws(() => reasonForChange({ stage: "production" }, { TENANTS_REASON: reason }), ReasonError);
      const read = readSettings((key) => ({ stage: "testing", reason })[key]);
      assert.deepEqual("problems" in read && read.problems.map(({ path }) => path), ["tenants:reason"]);
      // The service asks the same of a question, an answer and a review.
      assert.ok(showsNothing(reason) && !showsNothing(`${reason}a`));
    });
  }

  for (const credential of [
    "-----BEGIN PRIVATE KEY----- MIGHAgEAMBMGByqGSM49 -----END PRIVATE KEY-----",
    "client_secret=0jQKm9heHj4Ba7",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
  ]) {
    it(`is refused with a credential, which it would record: ${credential.slice(0, 20)}`, () => {
      assert.throws(
        () => reasonForChange({ stage: "production" }, { TENANTS_REASON: `rotate ${credential}` }),
        (error: Error) => {
          mentions(error.message, "TENANTS_REASON", "credential");
          return !error.message.includes(credential);
        },
      );
    });
  }

  it("is counted in characters, not in UTF-16 units", () => {
    for (const [reason, isRight] of [
      ["😀".repeat(500), true],
      ["😀".repeat(501), false],
      ["e\u0301".repeat(250), true],
    ] as const) {
      const give = () => reasonForChange({ stage: "production" }, { TENANTS_REASON: reason });
      if (isRight) assert.equal(give(), reason);
      else assert.throws(give, ReasonError);
    }
  });

  for (const [what, reason] of [
    ["a control character", "clear\u001b[2J"],
    ["a second line", "one\ntwo"],
    ["a line separator", "one\u2028two"],
    ["an override of the text's direction", "in\u202edetrevni"],
    ["an isolate of the text's direction", "in\u2067side"],
    ["more than 500 characters", "x".repeat(501)],
    ["more than 500 characters beyond the first plane", "👍".repeat(501)],
    ["nothing that can be seen", "\u200b\u200d\u00ad"],
    ["nothing but selectors and fillers", "\ufe0f\u3164\u034f"],
    ["half of a character", "on\ud83d boarding"],
  ] as const) {
    it(`is refused with ${what}, from any source`, () => {
      const read = readSettings((key) => ({ stage: "testing", reason })[key]);
      assert.deepEqual("problems" in read && read.problems.map(({ path }) => path), ["tenants:reason"]);
      const environment = { TENANTS_REASON: reason };
      assert.throws(() => reasonForChange({ stage: "testing" }, environment), ReasonError);
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
      assert.equal(reasonForChange({ stage: "production" }, { TENANTS_REASON: reason }), reason);
    });
  }

  it("may have 500 characters that take two units each", () => {
    const reason = "👍".repeat(500);
    assert.equal(reasonForChange({ stage: "production" }, { TENANTS_REASON: reason }), reason);
  });

  it("may have 500 characters, in any script", () => {
    const reason = `Zákazník požádal 客户 ${"x".repeat(480)}`;
    assert.equal(reasonForChange({ stage: "production" }, { TENANTS_REASON: reason }), reason);
  });
});
