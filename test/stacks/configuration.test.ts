import { strict as assert } from "node:assert";

import { readConfiguration, type StackConfiguration } from "../../stacks/src/configuration";

const right = {
  stage: "production",
  tokenUrl: "https://eu.id.resistant.ai/oauth2/server/v1/token",
  customers: JSON.stringify([{ name: "acme", customerId: "CRM-1", cells: ["eu-1"] }]),
};

function read(values: Readonly<Record<string, string | undefined>>): ReturnType<typeof readConfiguration> {
  const merged: Record<string, string | undefined> = { ...right, ...values };
  const given = Object.entries(merged).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return readConfiguration(new Map(given));
}

function accepted(values: Record<string, string | undefined> = {}): StackConfiguration {
  const result = read(values);
  assert.ok("configuration" in result, JSON.stringify(result));
  return result.configuration;
}

/** The paths of all problems. */
function refused(values: Record<string, string | undefined>): string[] {
  const result = read(values);
  assert.ok("problems" in result, "it should have been refused");
  return result.problems.map(({ path }) => path);
}

const customers = (...list: unknown[]): { customers: string } => ({ customers: JSON.stringify(list) });
const acme = { name: "acme", customerId: "CRM-1", cells: ["eu-1"] };
const adopt = {
  applicationId: "a-1",
  secretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:theirs-AbCdEf",
};

describe("the stack configuration", () => {
  it("gives every default", () => {
    const { settings, secretPrefix, quota, customers: list } = accepted();
    assert.equal(quota, 20);
    assert.equal(settings.apiUrl, "https://api.tenants.resistant.ai/v0");
    assert.equal(secretPrefix, "resistant-tenants");
    assert.deepEqual(list, [
      {
        ...acme,
        owner: undefined,
        status: "active",
        secrets: { recoveryWindowInDays: 30 },
        applications: [
          {
            cell: "eu-1",
            purpose: "default",
            scopes: ["documents.submissions.read", "documents.submissions.write"],
            authMethod: "CLIENT_SECRET",
          },
        ],
      },
    ]);
  });

  it("makes one application per cell, unless others are named for that cell", () => {
    const [customer] = accepted(
      customers({
        ...acme,
        cells: ["eu-1", "us-1"],
        applications: [
          { cell: "eu-1", purpose: "ingest" },
          { cell: "eu-1", purpose: "reporting" },
        ],
      }),
    ).customers;
    assert.deepEqual(
      customer!.applications.map(({ cell, purpose }) => `${cell}/${purpose}`),
      ["eu-1/ingest", "eu-1/reporting", "us-1/default"],
    );
  });

  it("gives the default owner to customers that name none", () => {
    const list = accepted({
      owner: "platform",
      ...customers(acme, { ...acme, name: "globex", owner: "own" }),
    }).customers;
    assert.deepEqual(
      list.map(({ owner }) => owner),
      ["platform", "own"],
    );
  });

  it("takes a number for a customerId, as YAML gives it", () => {
    assert.equal(accepted(customers({ ...acme, customerId: 1042 })).customers[0]!.customerId, "1042");
  });

  it("takes an empty list of customers, and refuses none at all", () => {
    assert.deepEqual(accepted(customers()).customers, []);
    assert.deepEqual(refused({ customers: undefined }), ["tenants:customers"]);
  });

  it("takes http on loopback only", () => {
    assert.equal(
      accepted({ stage: "testing", apiUrl: "http://127.0.0.1:8080/v0/" }).settings.apiUrl,
      "http://127.0.0.1:8080/v0",
    );
    assert.deepEqual(refused({ apiUrl: "http://example.com/v0" }), ["tenants:apiUrl"]);
    assert.deepEqual(refused({ tokenUrl: "http://127.0.0.1.example.com/token" }), ["tenants:tokenUrl"]);
  });

  for (const kmsKeyId of [
    "01234567-89ab-cdef-0123-456789abcdef",
    "mrk-0123456789abcdef0123456789abcdef",
    "alias/organization",
    "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/tenants/organization",
  ]) {
    it(`takes the KMS key ${kmsKeyId}`, () => {
      assert.equal(accepted({ kmsKeyId }).settings.kmsKeyId, kmsKeyId);
    });
  }

  it("never repeats the value of a secret", () => {
    const result = readConfiguration(
      new Map(Object.entries({ ...right, stage: "x", privateKey: " ", privateKeySecretArn: "hush" })),
    );
    assert.ok("problems" in result);
    assert.ok(!JSON.stringify(result).includes("hush"));
  });

  const singles: Array<[string, Record<string, string | undefined>, string]> = [
    ["an unknown stage", { stage: "staging" }, "tenants:stage"],
    ["a missing token URL", { tokenUrl: undefined }, "tenants:tokenUrl"],
    ["an unknown key", { regoin: "eu" }, "tenants:regoin"],
    ["an owner that AWS refuses in a tag", { owner: "a;b" }, "tenants:owner"],
    ["a secret prefix that AWS refuses", { secretPrefix: "a b" }, "tenants:secretPrefix"],
    ["a secret prefix with a slash at its end", { secretPrefix: "a/" }, "tenants:secretPrefix"],
    [
      "an ARN of something else",
      { privateKeySecretArn: "arn:aws:s3:::bucket" },
      "tenants:privateKeySecretArn",
    ],
    ["a KMS key that is none", { kmsKeyId: "my-key" }, "tenants:kmsKeyId"],
    ["a KMS alias without its name", { kmsKeyId: "alias/" }, "tenants:kmsKeyId"],
    ["a journal at an unknown scheme", { journal: "ftp://host/x" }, "tenants:journal"],
    ["a quota that is no number", { quota: "many" }, "tenants:quota"],
    ["a flag that is none", { replaceLostApplications: "yes" }, "tenants:replaceLostApplications"],
    ["customers that are no list", { customers: "{}" }, "tenants:customers"],
    ["a customer that is none", customers("acme"), "tenants:customers[0]"],
    ["a name the vendor refuses", customers({ ...acme, name: "Acme" }), "tenants:customers[0].name"],
    ["a name of 62 characters", customers({ ...acme, name: "a".repeat(62) }), "tenants:customers[0].name"],
    [
      "a missing customerId",
      customers({ ...acme, customerId: undefined }),
      "tenants:customers[0].customerId",
    ],
    [
      "a customerId that AWS refuses in a tag",
      customers({ ...acme, customerId: "a|b" }),
      "tenants:customers[0].customerId",
    ],
    ["no cells", customers({ ...acme, cells: [] }), "tenants:customers[0].cells"],
    ["an unknown cell", customers({ ...acme, cells: ["eu-1", "eu-2"] }), "tenants:customers[0].cells[1]"],
    ["a cell twice", customers({ ...acme, cells: ["eu-1", "eu-1"] }), "tenants:customers[0].cells[1]"],
    ["an unknown Web UI cell", customers({ ...acme, uiCells: ["x"] }), "tenants:customers[0].uiCells[0]"],
    ["an unknown status", customers({ ...acme, status: "gone" }), "tenants:customers[0].status"],
    ["an unknown field of a customer", customers({ ...acme, cell: "eu-1" }), "tenants:customers[0].cell"],
    ["a name twice", customers(acme, acme), "tenants:customers[1].name"],
    [
      "a tenant adopted twice",
      customers({ ...acme, adopt: "t" }, { ...acme, name: "b", adopt: "t" }),
      "tenants:customers[1].adopt",
    ],
    [
      "an application adopted twice",
      customers(
        { ...acme, applications: [{ cell: "eu-1", adopt }] },
        { ...acme, name: "b", applications: [{ cell: "eu-1", adopt }] },
      ),
      "tenants:customers[1].applications[0].adopt.applicationId",
    ],
    [
      "an application adopted without its secret",
      customers({ ...acme, applications: [{ cell: "eu-1", adopt: { applicationId: "a-1" } }] }),
      "tenants:customers[0].applications[0].adopt.secretArn",
    ],
    [
      "an application adopted by its id alone",
      customers({ ...acme, applications: [{ cell: "eu-1", adopt: "a-1" }] }),
      "tenants:customers[0].applications[0].adopt",
    ],
    [
      "an application in a cell that is not the customer's",
      customers({ ...acme, applications: [{ cell: "us-1" }] }),
      "tenants:customers[0].applications[0].cell",
    ],
    [
      "two applications of one cell and purpose",
      customers({ ...acme, applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "default" }] }),
      "tenants:customers[0].applications[1]",
    ],
    [
      "an unknown scope",
      customers({ ...acme, applications: [{ cell: "eu-1", scopes: ["admin"] }] }),
      "tenants:customers[0].applications[0].scopes[0]",
    ],
    [
      "an unknown authentication method",
      customers({ ...acme, applications: [{ cell: "eu-1", authMethod: "JWT" }] }),
      "tenants:customers[0].applications[0].authMethod",
    ],
    [
      "a purpose with a space",
      customers({ ...acme, applications: [{ cell: "eu-1", purpose: "a b" }] }),
      "tenants:customers[0].applications[0].purpose",
    ],
    [
      "an unknown field of an application",
      customers({ ...acme, applications: [{ cell: "eu-1", scope: [] }] }),
      "tenants:customers[0].applications[0].scope",
    ],
  ];
  for (const [what, values, path] of singles) {
    it(`refuses ${what}, by its path and once`, () => {
      assert.deepEqual(refused(values), [path]);
    });
  }

  it("refuses a cell of another stage", () => {
    assert.deepEqual(refused({ stage: "testing", ...customers({ ...acme, cells: ["us-1"] }) }), [
      "tenants:customers[0].cells[0]",
    ]);
  });

  it("misses the token URL also where the stage is missing", () => {
    assert.deepEqual(refused({ stage: undefined, tokenUrl: undefined }), [
      "tenants:stage",
      "tenants:tokenUrl",
    ]);
  });

  it("lists every problem at once", () => {
    const paths = refused({
      stage: "testing",
      tokenUrl: "nonsense",
      regoin: "eu",
      ...customers({ name: "Acme", cells: ["us-1", "us-1"] }, acme, { ...acme, status: "x" }),
    });
    assert.deepEqual(paths.toSorted(), [
      "tenants:customers[0].cells[0]",
      "tenants:customers[0].cells[1]",
      "tenants:customers[0].cells[1]",
      "tenants:customers[0].customerId",
      "tenants:customers[0].name",
      "tenants:customers[2].name",
      "tenants:customers[2].status",
      "tenants:regoin",
      "tenants:tokenUrl",
    ]);
  });
});
