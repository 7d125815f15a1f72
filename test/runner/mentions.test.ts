import assert from "node:assert/strict";

import { mentioning, mentions } from "../support/mentions";

const text = "acme/eu-1/default (14): run `pulumi up`, see customers[0].name";

describe("what a text must mention", () => {
  it("is found as a whole, with any characters", () => {
    mentions(text, "acme", "acme/eu-1/default", "14", "(14)", "`pulumi up`", "customers[0].name");
  });

  for (const name of ["4", "cme", "eu-11", "customers0", "pulumi.up"]) {
    it(`is missing if it is absent, or only a part of another: ${name}`, () => {
      assert.throws(() => {
        mentions(text, "acme", name);
      }, assert.AssertionError);
    });
  }

  it("is missing if there is no text, or nothing is asked for", () => {
    assert.throws(() => {
      mentions(undefined, "acme");
    }, assert.AssertionError);
    assert.throws(() => {
      mentions(text);
    }, assert.AssertionError);
  });

  it("is looked for in an error's message, and in nothing else that is thrown", () => {
    assert.equal(mentioning("acme")(new Error(text)), true);
    assert.throws(() => mentioning("globex")(new Error(text)), assert.AssertionError);
    assert.throws(() => mentioning("acme")(text), assert.AssertionError);
  });
});
