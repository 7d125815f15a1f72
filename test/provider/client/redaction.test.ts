import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";

import {
  looksLikeCredential,
  noteCredential,
  withoutCredentials,
} from "../../../provider/src/client/redaction";
import { assertConstant } from "../../support/linear";

describe("the removal of known credentials from a text", () => {
  const cases: Record<string, { noted: string[]; text: string; printed: string }> = {
    "that is alone": { noted: ["zX9-efgh"], text: "zX9-efgh", printed: "[credential]" },
    "that are next to each other": {
      noted: ["zX9-efgh"],
      text: "a zX9-efghzX9-efgh b",
      printed: "a [credential][credential] b",
    },
    "that begin alike": {
      noted: ["zX9-efgh", "zX9-efgh-1", "zX9-efgh-22"],
      text: "zX9-efgh-22, zX9-efgh-1, zX9-efgh, zX9-efg",
      printed: "[credential], [credential], [credential], zX9-efg",
    },
    "that overlap": {
      noted: ["zX9-efgh", "efghijkl-zX9"],
      text: "(zX9-efghijkl-zX9)",
      printed: "([credential])",
    },
    "of several lines": {
      noted: ["first zX9 line\nlast zX9 line"],
      text: "first zX9 line\nlast zX9 line; first zX9 line; first zX9 line\\nlast zX9 line",
      printed: "[credential]; [credential]; [credential]",
    },
  };
  for (const [what, { noted, text, printed }] of Object.entries(cases)) {
    it(`removes those ${what}`, () => {
      for (const credential of noted) noteCredential(credential);
      assert.equal(withoutCredentials(text), printed);
    });
  }

  it("searches a text once, however many are known", async () => {
    // What is noted stays so for the other tests of this process.
    await assertConstant((count) => {
      for (let index = 0; index < count; index += 1) {
        noteCredential(`${String(index).padStart(8, "0")}-credential`);
        // The keys of one kind begin alike.
        noteCredential(`MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${String(index).padStart(8, "0")}`);
      }
      return () => withoutCredentials("Tenant acme has a key that begins with MIIEvQIBAD.");
    });
  });
});

describe("text that looks like a credential", () => {
  const token = "eyJhbGciOiJ.eyJzdWIiOiI.c2lnbmF0dXJl";
  const base64 = `MIIEvQIBADAN${"A".repeat(30)}`;
  const cases: Record<string, [text: string, printed: string]> = {
    "a token after other text": [`x-${token}, ${token}`, "x-[credential], [credential]"],
    "a token after a dot": [`a.b.${token}`, "a.b.[credential]"],
    "a token after what looks like its beginning": [`eyJ-eyJ.${token}`, "eyJ-eyJ.[credential]"],
    "a key right before a token": [`${base64}-${token}`, "[credential]-[credential]"],
    "a token of two parts": ["eyJhbGciOiJ.eyJzdWIiOiI", "[credential]"],
    "the value of a password": ["password=abcdefg1;", "password=[credential];"],
    "no token": ["eyJhbGciOiJ.short; eyJhb.eyJzdWIiOiI", "eyJhbGciOiJ.short; eyJhb.eyJzdWIiOiI"],
  };
  for (const [what, [text, printed]] of Object.entries(cases)) {
    it(`is found: ${what}`, () => {
      assert.equal(withoutCredentials(text), printed);
      assert.equal(looksLikeCredential(text), printed !== text);
    });
  }

  for (const part of [
    "eyJ-",
    "eyJ.",
    "password=",
    "Bearer ",
    "-----BEGIN A ",
    "-----BEGIN%20",
    "-----BEGIN PRIVATE ",
  ]) {
    it(`is looked for in a text of half a megabyte of ${part}`, () => {
      assert.equal(looksLikeCredential(part.repeat(2 ** 19 / part.length)), false);
    });
  }
});

describe("a private key in a text", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  for (const [form, key] of Object.entries({
    "as it is": pem,
    "percent-encoded": encodeURIComponent(pem),
    "encoded as a form's value": new URLSearchParams({ "": pem }).toString().slice(1),
  }))
    it(`is removed as a whole: ${form}`, () => {
      assert.ok(looksLikeCredential(`for ${key}`));
      assert.match(withoutCredentials(`for ${key.trim()} end`), /^for \[credential\](?:%0A)? end$/);
    });
});
