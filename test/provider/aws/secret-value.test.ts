import { strict as assert } from "node:assert";
import { createPrivateKey } from "node:crypto";

import { readSecretValue } from "../../../provider/src/aws/secret-value";
import { readPrivateKey } from "../../../provider/src/client/pem";
import { rsaPair } from "../../sandbox/api/client";
import { awsHere, region, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";
import { mentioning } from "../../support/mentions";

const arn = `arn:aws:secretsmanager:${region}:123456789012:secret:key-AbCdEf`;
const pem = rsaPair(2056).privateKeyPem;
const key = createPrivateKey(pem);

describe("the value of a secret that was stored as bytes (--secret-binary fileb://)", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);

  function read(bytes: Buffer): Promise<string> {
    server.answerWith((_, response) => {
      response.end(JSON.stringify({ ARN: arn, SecretBinary: bytes.toString("base64") }));
    });
    return readSecretValue(arn, "It cannot be read", awsHere());
  }

  for (const [what, bytes] of Object.entries({
    PEM: Buffer.from(pem),
    "PEM in UTF-16": Buffer.from(`\uFEFF${pem}`, "utf16le"),
    DER: key.export({ type: "pkcs8", format: "der" }),
  }))
    it(`is read: ${what}`, async () => {
      assert.ok(readPrivateKey(await read(bytes)).equals(key));
    });

  it("is refused if it is neither text nor a key", async () => {
    await assert.rejects(read(Buffer.from([0xff, 0x00, 0x30, 0x82, 0x01])), mentioning(arn, "binary"));
  });
});
