import { strict as assert } from "node:assert";
import { inspect } from "node:util";

import { messageOf } from "../../../provider/src/client";
import { noteCredential, withoutCredentials } from "../../../provider/src/client/redaction";
import { makeSafe } from "../../../provider/src/settings/safe-errors";

const secret = "q7Zk2xVb9LmN4pRt";

describe("an uncaught error", () => {
  beforeEach(() => {
    noteCredential(secret);
  });

  const errors: Record<string, () => unknown> = {
    "its message": () => new Error(`failed with ${secret}`),
    "its cause": () => new Error("failed", { cause: new Error("inner", { cause: new Error(secret) }) }),
    "a property": () =>
      Object.assign(new Error("failed"), { request: { body: secret }, [Symbol("s")]: secret }),
    "one of many errors": () => new AggregateError([new Error(secret)], "failed"),
    "a frozen one": () => Object.freeze(Object.assign(new Error(`failed with ${secret}`), { secret })),
    "a property that cannot be deleted": () =>
      Object.defineProperty(new Error("failed"), "secret", { value: secret, enumerable: true }),
    "what is no error": () => ({ secret, message: `failed with ${secret}` }),
    "a text": () => `failed with ${secret}`,
  };
  for (const [where, make] of Object.entries(errors)) {
    it(`is printed without the credential that it has in ${where}`, () => {
      const safe = makeSafe(make());
      for (const text of [inspect(safe, { depth: 9 }), String((safe as Partial<Error>).stack ?? safe)]) {
        assert.equal(text.includes(secret), false, text);
      }
      // What is no error is made one, so that the SDK prints where it came from.
      assert.ok(safe instanceof Error && safe.message !== "");
    });
  }

  it("keeps its type for the SDK, and shows its cause", () => {
    const error = Object.assign(new Error("failed", { cause: new Error("why") }), { __pulumiRunError: true });
    assert.equal(makeSafe(error), error);
    assert.equal(error.__pulumiRunError, true);
    assert.match(error.stack ?? "", /failed[^]*\[cause\]: Error: why/);
  });
});

describe("a message", () => {
  beforeEach(() => {
    noteCredential(secret);
  });

  it("contains no known credential, nor one that follows its name", () => {
    const key =
      "-----BEGIN PRIVATE KEY-----\nbGluZSBvbmUgb2YgYSBrZXk\nbGluZSB0d28gb2YgYSBrZXk\n-----END PRIVATE KEY-----\n";
    noteCredential(key);
    for (const text of [
      `quoted: ${secret}`,
      `a line: bGluZSB0d28gb2YgYSBrZXk`,
      `{"client_secret":"a1b2c3d4e5f6"}`,
      `{\\"client_secret\\": \\"a1b2c3d4e5f6\\"}`,
      "grant_type=x&client_secret=a1b2c3d4e5f6&scope=y",
      "authorization: Basic YWJjOmExYjJjM2Q0ZTVmNg==",
      "Bearer a1b2c3d4e5f6a1b2c3d4e5f6",
    ]) {
      const left = messageOf(new Error(text));
      assert.match(left, /\[credential\]/, text);
      assert.doesNotMatch(left, /q7Zk2x|a1b2c3d4|bGluZSB0|YWJjOm/);
    }
  });

  it("keeps its words", () => {
    for (const text of [
      "tenants:privateKey: unsupported format; must be PEM",
      "credentials.client_secret: expected string, received undefined",
      "Basic authentication is not supported",
      "tenants:privateKeySecretArn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:organization-AbCdEf",
    ]) {
      assert.equal(withoutCredentials(text), text);
    }
  });
});
