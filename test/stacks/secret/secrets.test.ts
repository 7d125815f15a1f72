import { strict as assert } from "node:assert";

import { readConfiguration } from "../../../stacks/src/configuration/configuration";
import type { SecretCustody } from "../../../stacks/src/configuration/secrets";
import { readerPolicy, toProtection } from "../../../stacks/src/secret/protection";

const acme = { name: "acme", customerId: "CRM-1", cells: ["eu-1", "us-1"] };
const role = "arn:aws:iam::123456789012:role/readers/documents";
const keyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

interface Given {
  stage?: string;
  secrets?: unknown;
  /** The customer's own. */
  own?: unknown;
  awsRegion?: string | undefined;
}

function read({ stage = "production", secrets, own, ...given }: Given): ReturnType<typeof readConfiguration> {
  const cells = stage === "testing" ? ["eu-1"] : acme.cells;
  const values = {
    stage,
    tokenUrl: "https://eu.id.resistant.ai/oauth2/server/v1/token",
    customers: JSON.stringify([{ ...acme, cells, ...(own === undefined ? {} : { secrets: own }) }]),
    ...(secrets === undefined ? {} : { secrets: JSON.stringify(secrets) }),
  };
  const awsRegion = "awsRegion" in given ? given.awsRegion : "eu-west-1";
  return readConfiguration(new Map(Object.entries(values)), { awsRegion });
}

function custody(given: Given): SecretCustody {
  const result = read(given);
  assert.ok("configuration" in result, JSON.stringify(result));
  return result.configuration.customers[0]!.secrets;
}

function refused(given: Given): string[] {
  const result = read(given);
  assert.ok("problems" in result, "it should have been refused");
  return result.problems.map(({ path }) => path);
}

describe("the custody of secrets", () => {
  it("sets only the stage's recovery window by default", () => {
    assert.deepEqual(toProtection(custody({}), "us-1"), { recoveryWindowInDays: 30 });
    assert.deepEqual(toProtection(custody({ stage: "testing" }), "eu-1"), { recoveryWindowInDays: 0 });
  });

  it("prefers a customer's own settings to the stage's, field by field", () => {
    const secrets = { kmsKeyId: "alias/stage", readerRoleArns: [role], recoveryWindowInDays: 7 };
    assert.deepEqual(custody({ secrets, own: { kmsKeyId: keyArn, recoveryWindowInDays: 0 } }), {
      kmsKeyId: keyArn,
      readerRoleArns: [role],
      recoveryWindowInDays: 0,
    });
    assert.deepEqual(custody({ secrets, own: { readerRoleArns: [] } }).readerRoleArns, []);
  });

  it("replicates to the cell's region, and not to the stack's own", () => {
    const secrets = { replicate: true, kmsKeyId: keyArn, replicaKmsKeyId: "alias/replica" };
    assert.deepEqual(toProtection(custody({ secrets }), "us-1").replicas, [
      { region: "us-east-1", kmsKeyId: "alias/replica" },
    ]);
    assert.equal(toProtection(custody({ secrets }), "eu-1").replicas, undefined);
    assert.equal(toProtection(custody({ secrets, own: { replicate: false } }), "us-1").replicas, undefined);
  });

  it("lets only the named roles read", () => {
    const { Statement } = JSON.parse(readerPolicy([role])) as { Statement: Array<Record<string, unknown>> };
    assert.deepEqual(
      Statement.map(({ Effect, Action, Condition }) => ({ Effect, Action, Condition })),
      [
        {
          Effect: "Allow",
          Action: "secretsmanager:GetSecretValue",
          Condition: { ArnEquals: { "aws:PrincipalArn": [role] } },
        },
        {
          Effect: "Deny",
          Action: "secretsmanager:GetSecretValue",
          Condition: { ArnNotEquals: { "aws:PrincipalArn": [role] } },
        },
      ],
    );
  });

  it("removes the restriction with an empty list", () => {
    assert.equal(toProtection(custody({ secrets: { readerRoleArns: [] } }), "eu-1").policy, "{}");
  });

  for (const kmsKeyId of [
    keyArn,
    keyArn.split("/")[1],
    "mrk-1234abcd12ab34cd56ef1234567890ab",
    "alias/stage/secrets",
    "arn:aws:kms:eu-west-1:123456789012:alias/stage",
  ]) {
    it(`accepts ${kmsKeyId} as a key`, () => {
      assert.equal(custody({ secrets: { kmsKeyId } }).kmsKeyId, kmsKeyId);
    });
  }

  const wrong: Array<[string, Record<string, unknown>, string]> = [
    ["an unknown field", { kmsKey: "alias/x" }, "kmsKey"],
    ["a key that is none", { kmsKeyId: "my key" }, "kmsKeyId"],
    ["a key of another region", { kmsKeyId: keyArn.replace("eu-west-1", "us-east-1") }, "kmsKeyId"],
    [
      "a user among the readers",
      { readerRoleArns: [role, role.replace("role", "user")] },
      "readerRoleArns[1]",
    ],
    [
      "a wildcard among the readers",
      { readerRoleArns: [role.replace("documents", "*")] },
      "readerRoleArns[0]",
    ],
    ["one reader that is no list", { readerRoleArns: role }, "readerRoleArns"],
    ["a window of 6 days", { recoveryWindowInDays: 6 }, "recoveryWindowInDays"],
    ["a window of 31 days", { recoveryWindowInDays: 31 }, "recoveryWindowInDays"],
    ["replication that is neither true nor false", { replicate: "yes" }, "replicate"],
    ["replicas of a key without one of theirs", { replicate: true, kmsKeyId: keyArn }, "replicaKmsKeyId"],
    ["a replica's key in one region", { replicate: true, replicaKmsKeyId: keyArn }, "replicaKmsKeyId"],
  ];
  for (const [what, secrets, path] of wrong) {
    it(`refuses ${what}, of the stage and of a customer, once and with its path`, () => {
      assert.deepEqual(refused({ secrets }), [`tenants:secrets.${path}`]);
      assert.deepEqual(refused({ own: secrets }), [`tenants:customers[0].secrets.${path}`]);
    });
  }

  it("refuses anything but an object", () => {
    assert.deepEqual(refused({ secrets: "alias/x" }), ["tenants:secrets"]);
    assert.deepEqual(refused({ own: [] }), ["tenants:customers[0].secrets"]);
  });

  it("refuses replicas if the stack's region is unknown", () => {
    assert.deepEqual(refused({ secrets: { replicate: true }, awsRegion: undefined }), [
      "tenants:secrets.replicate",
    ]);
  });

  it("reports a stage's contradiction once, even if a customer adds settings", () => {
    assert.deepEqual(
      refused({ secrets: { replicate: true, kmsKeyId: keyArn }, own: { recoveryWindowInDays: 7 } }),
      ["tenants:secrets.replicaKmsKeyId"],
    );
  });
});
