import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";

import type { AuthMethod } from "../../../../provider/src/client/auth-methods";
import { withoutCredentials } from "../../../../provider/src/client/redaction";
import {
  readAdoptedSecret,
  toCredentials,
} from "../../../../provider/src/dynamic/application/adopted-secret";
import { refusalOf } from "../../../support/failure";
import { mentions } from "../../../support/mentions";

const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:theirs-AbCdEf";
const pemOf = (namedCurve: string): string =>
  generateKeyPairSync("ec", { namedCurve }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const credentialsIn = async (value: string, method: AuthMethod) =>
  toCredentials(readAdoptedSecret(value, arn), method, arn);

describe("dynamic: a secret that someone else filled", () => {
  const pem = pemOf("P-256");

  it("is the client secret itself, but for the space around it", async () => {
    assert.deepEqual(await credentialsIn("s3cret\n", "CLIENT_SECRET"), {
      type: "CLIENT_SECRET",
      clientSecret: "s3cret",
    });
  });

  it("is the client secret as a text of JSON", async () => {
    for (const value of ['"s3cret"\n', JSON.stringify(JSON.stringify({ client_secret: "s3cret" }))])
      assert.deepEqual(await credentialsIn(value, "CLIENT_SECRET"), {
        type: "CLIENT_SECRET",
        clientSecret: "s3cret",
      });
  });

  it("is left out of all later messages", async () => {
    await credentialsIn('"s3cret-of-theirs"', "CLIENT_SECRET");
    assert.equal(withoutCredentials("not s3cret-of-theirs"), "not [credential]");
  });

  it("is JSON with further fields", async () => {
    const value = JSON.stringify({ client_secret: "s3cret", token_url: "https://x.test", scopes: [] });
    assert.deepEqual(await credentialsIn(value, "CLIENT_SECRET"), {
      type: "CLIENT_SECRET",
      clientSecret: "s3cret",
    });
  });

  for (const [what, value] of [
    ["as it is", pem],
    ["with its line ends written as text", pem.replaceAll("\n", "\\n")],
    ["in JSON", JSON.stringify({ private_key: pem })],
    ["as a text of JSON", JSON.stringify(pem)],
    ["in base64", Buffer.from(pem).toString("base64")],
    ["without the lines around its base64", pem.replaceAll(/-----[^-]+-----/g, "")],
  ] as const) {
    it(`is a private key ${what}, whose id is its thumbprint`, async () => {
      const credentials = await credentialsIn(value, "EC");
      assert.ok(credentials.type === "EC");
      assert.equal(credentials.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), pem);
      assert.match(credentials.keyId, /^[\w-]{43}$/);
    });
  }

  const weak = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  const refusals: Array<[what: string, value: string, method: AuthMethod, reason: string[]]> = [
    ["is empty", " ", "CLIENT_SECRET", ["client_secret"]],
    ["holds a key where a secret is declared", pem, "CLIENT_SECRET", ["client_secret"]],
    ["holds a secret where a key is declared", "s3cret", "EC", ["private_key"]],
    ["begins as JSON and is none", '{"client_secret": "s3cret"', "CLIENT_SECRET", ["JSON"]],
    ["is JSON of other types", '{"client_secret": ["s3cret"]}', "CLIENT_SECRET", ["at: client_secret"]],
    ["is a key of another method", pem, "RSA", ["EC", "authMethod", "RSA"]],
    ["is a key on another curve", pemOf("P-384"), "EC", ["P-256"]],
    ["is too short a key", weak, "RSA", ["2048 bits"]],
    ["is no whole key", pem.slice(0, 90), "EC", ["truncated"]],
  ];
  for (const [what, value, method, reason] of refusals) {
    it(`is refused if it ${what}, and never repeated`, async () => {
      const message = await refusalOf(() => credentialsIn(value, method));
      mentions(message, ...reason);
      assert.ok(message.includes(arn));
      for (const part of ["s3cret", ...value.split("\n").filter((each) => each.length > 30)]) {
        assert.ok(!message.includes(part), message);
      }
    });
  }
});
