import assert from "node:assert/strict";

import { mayHaveHappened, TenantManagementError } from "../../../provider/src/client/errors";
import { printable } from "../../../provider/src/client/text";

describe("client: a server's text, made printable", () => {
  const cases: Record<string, { text: string; printed: string }> = {
    "leaves plain text alone": {
      text: "a tenant “acme” exists — naïve 日本 🙂",
      printed: "a tenant “acme” exists — naïve 日本 🙂",
    },
    "escapes a terminal's escape sequences": {
      text: "\u001b[31mred\u001b[0m",
      printed: "\\u001b[31mred\\u001b[0m",
    },
    "escapes the one-character form of them": { text: "\u009b31m", printed: "\\u009b31m" },
    "keeps a text on one line": {
      text: "one\r\ntwo\u2028three",
      printed: "one\\u000d\\u000atwo\\u2028three",
    },
    "shows what turns the direction of writing": { text: "a\u202eb\u2066c", printed: "a\\u202eb\\u2066c" },
    "shows what has no width": { text: "ac\u200bme", printed: "ac\\u200bme" },
    "leaves out a signed token that the server quotes": {
      text: 'assertion "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIwb2EifQ.c2lnbmF0dXJl" expired; key eyJ is unknown',
      printed: 'assertion "[credential]" expired; key eyJ is unknown',
    },
    "leaves out a private key, whole or cut off": {
      text: "a -----BEGIN PRIVATE KEY-----\nMIIE-_\n-----END PRIVATE KEY----- b -----BEGIN RSA PRIVATE KEY-----\nMII",
      printed: "a [credential] b [credential]",
    },
    "leaves out the base64 of a private key, in each form": {
      text: [
        `pkcs8 MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${"A".repeat(80)}==`,
        `pkcs8 MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg${"b/+".repeat(30)}`,
        `pkcs1 MIIEpAIBAAKCAQEA${"c".repeat(60)}`,
        `sec1 MHcCAQEEI${"d".repeat(60)}`,
        "public MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEabcdefghijklmnopqrstuvwxyz",
      ].join(", "),
      printed:
        "pkcs8 [credential], pkcs8 [credential], pkcs1 [credential], sec1 [credential], public MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEabcdefghijklmnopqrstuvwxyz",
    },
    "shows a tag character whole": { text: "a\u{e0041}b", printed: "a\\u{e0041}b" },
  };
  for (const [what, { text, printed }] of Object.entries(cases)) {
    it(what, () => {
      assert.equal(printable(text), printed);
    });
  }

  it("cuts a long text off, and shows that it did", () => {
    assert.equal(printable("x".repeat(10_000)), `${"x".repeat(512)}…`);
  });

  it("leaves a text of exactly the longest length whole", () => {
    assert.equal(printable("x".repeat(512)), "x".repeat(512));
  });

  it("bounds the text after it was escaped", () => {
    assert.ok(printable("\u0000".repeat(512)).length <= 513);
  });
});

describe("client: whether what failed may have happened", () => {
  const expected = {
    INPUT_INVALID: false,
    NOT_SENT: false,
    NO_ANSWER: true,
    REFUSED: false,
    NOT_THE_API: true,
    SERVER_FAILED: true,
    ANSWER_INVALID: true,
    TOKEN_REFUSED: false,
  } as const satisfies Record<TenantManagementError["code"], boolean>;
  for (const [code, may] of Object.entries(expected)) {
    it(`is ${may ? "possible" : "ruled out"} after ${code}`, () => {
      assert.equal(mayHaveHappened(new TenantManagementError(code as keyof typeof expected, "")), may);
    });
  }

  it("is ruled out after an error that is not the client's", () => {
    assert.equal(mayHaveHappened(new Error("NO_ANSWER")), false);
  });
});

describe("client: its error", () => {
  it("keeps its cause", () => {
    const cause = new Error("why");
    assert.equal(new TenantManagementError("NO_ANSWER", "", { cause }).cause, cause);
  });
});
