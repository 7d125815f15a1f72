import assert from "node:assert/strict";

import { mentioning, mentions } from "../support/mentions";

const text = "acme/eu-1/default (14): run `pulumi up`, see customers[0].name";

describe("what a text must mention", () => {
  it("is found as a whole, whatever characters it has", () => {
    mentions(text, "acme", "acme/eu-1/default", "14", "(14)", "`pulumi up`", "customers[0].name");
  });

  for (const name of ["4", "cme", "eu-11", "customers0", "pulumi.up"]) {
    it(`is missed where it is not there, or only a part of another: ${name}`, () => {
      assert.throws(() => {
        mentions(text, "acme", name);
      }, assert.AssertionError);
    });
  }

  it("is missed where there is no text, and where nothing is asked for", () => {
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
