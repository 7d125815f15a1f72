import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";

import { describeProblems } from "../../../provider/src/settings/settings";
import { readConfiguration } from "../../../stacks/src/configuration/configuration";
import { mentions } from "../../support/mentions";

const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const base64 = pem.replace(/-----[^-]+-----|\n/g, "");

/** A configuration that has a text wherever it takes one. */
function configurationOf(text: string): Map<string, string> {
  const application = {
    cell: text,
    purpose: text,
    scopes: [text],
    authMethod: text,
    publicKey: text,
    keyId: text,
    rotation: text,
    adopt: { applicationId: text, secretArn: text, [text]: text },
    [text]: text,
  };
  const fields = { customerId: text, owner: text, status: text, adopt: text, uiCells: [text], [text]: text };
  const customers = [
    { name: text, cells: [text], applications: [application], ...fields },
    { name: "acme", cells: ["eu-1"], applications: [{ ...application, cell: "eu-1" }], ...fields },
  ];
  const keys = ["apiUrl", "tokenUrl", "clientId", "keyId", "kmsKeyId", "privateKeySecretArn", "privateKey"];
  const more = [
    "journal",
    "auditLogGroup",
    "reason",
    "owner",
    "secretPrefix",
    "quota",
    "rotation",
    "customersFrom",
  ];
  return new Map([
    ...[...keys, ...more, text].map((key) => [key, text] as const),
    ["stage", "production"],
    ["secrets", JSON.stringify({ kmsKeyId: text, readerRoleArns: [text], replicas: text, [text]: text })],
    ["customers", JSON.stringify(customers)],
  ]);
}

describe("a private key in the wrong place", function () {
  for (const [form, text] of Object.entries({ PEM: pem, "base64 alone": base64 })) {
    it(`is repeated by no problem with the configuration: ${form}`, () => {
      const read = readConfiguration(configurationOf(text), {
        otherKeys: [`tenants-${text}:x`],
        aws: (key) => (key === "endpoints" || key === "region" ? text : undefined),
        readFiles: () => ({ entries: [], problems: [] }),
      });
      assert.ok("problems" in read && read.problems.length > 20);
      const printed = describeProblems(read.problems) + JSON.stringify(read.problems);
      for (let at = 0; at + 24 <= base64.length; at += 1) {
        assert.ok(!printed.includes(base64.slice(at, at + 24)), `a part of the key from ${at}`);
      }
    });
  }

  it("is refused in any free text, even on one line: a tag would show it", () => {
    const line = pem.trim().replaceAll("\n", " ");
    assert.ok(line.length <= 256);
    for (const field of ["customerId", "owner"]) {
      const customer = { name: "acme", customerId: "CRM-1", cells: ["eu-1"], [field]: line };
      const values = {
        stage: "testing",
        tokenUrl: "https://eu.id.resistant.ai/oauth2/server/v1/token",
        customers: JSON.stringify([customer]),
      };
      const read = readConfiguration(new Map(Object.entries(values)));
      assert.ok("problems" in read);
      assert.deepEqual(
        read.problems.map(({ path }) => path),
        [`tenants:customers[0].${field}`],
      );
      mentions(read.problems[0]?.problem, "credential");
    }
  });
});
