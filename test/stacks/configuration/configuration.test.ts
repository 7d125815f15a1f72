import { strict as assert } from "node:assert";

import { describeProblems } from "../../../provider/src/settings/settings";
import {
  readConfiguration,
  readRecordedConfiguration,
  type StackConfiguration,
} from "../../../stacks/src/configuration/configuration";
import { didYouMean } from "../../../stacks/src/configuration/problems";
import { mentions } from "../../support/mentions";

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
const other = { ...acme, name: "globex", customerId: "CRM-2" };
const publicKey = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};
const adopt = {
  applicationId: "a-1",
  secretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:theirs-AbCdEf",
};

describe("the stack configuration", () => {
  it("fills in every default", () => {
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

  it("declares one application per cell, unless others are listed for that cell", () => {
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

  it("refuses what AWS reserves in tags, before anything is created", () => {
    for (const field of ["customerId", "owner"]) {
      for (const [value, isRefused] of [
        ["aws:1", true],
        ["AWS:1", true],
        ["crm:aws:1", false],
        ["aws-1", false],
      ] as const) {
        const result = read(customers({ ...acme, [field]: value }));
        const paths = "problems" in result ? result.problems.map(({ path }) => path) : [];
        assert.deepEqual(paths, isRefused ? [`tenants:customers[0].${field}`] : [], `${field}: ${value}`);
      }
    }
  });

  it("gives the default owner to customers without one", () => {
    const list = accepted({ owner: "platform", ...customers(acme, { ...other, owner: "own" }) }).customers;
    assert.deepEqual(
      list.map(({ owner }) => owner),
      ["platform", "own"],
    );
  });

  it("refuses text that YAML converted, with the value and what to do", () => {
    const inText: Array<[value: unknown, shown: string, isA: string]> = [
      [5349, "5349", "number"],
      [12345678901234567000, "12345678901234567000", "number"],
      [true, "true", "boolean"],
      ["2026-11-24 00:00:00 +0000 UTC", "2026-11-24 00:00:00 +0000 UTC", "date"],
      ["2026-11-24 14:00:00.5 +0200 +0200", "2026-11-24 14:00:00.5 +0200 +0200", "date"],
    ];
    for (const [value, shown, isA] of inText) {
      for (const entry of [
        { ...acme, customerId: value },
        { ...acme, owner: value },
        { ...acme, name: value },
        { ...acme, adopt: value },
        { ...acme, applications: [{ cell: "eu-1", purpose: value }] },
        { ...acme, applications: [{ cell: "eu-1", keyId: value }] },
      ]) {
        const result = read(customers(entry));
        assert.ok("problems" in result, JSON.stringify(entry));
        mentions(result.problems[0]!.problem, shown, isA, "quotes");
      }
    }
  });

  it("accepts the same text in quotes", () => {
    const [customer] = accepted(customers({ ...acme, customerId: "0012345", owner: "2026-11-24" })).customers;
    assert.equal(customer!.customerId, "0012345");
    assert.equal(customer!.owner, "2026-11-24");
  });

  it("names the customer, its place, and the value", () => {
    const values = { stage: "testing", ...customers(acme, { ...other, cells: ["eu-1", "us-1"] }) };
    const result = readConfiguration(new Map(Object.entries({ ...right, ...values })), {
      locate: (index) => `Pulumi.dev.yaml line ${index + 10}`,
    });
    assert.ok("problems" in result);
    assert.deepEqual(
      result.problems.map(({ path }) => path),
      ["tenants:customers[1].cells[1]"],
    );
    mentions(
      describeProblems(result.problems),
      'customer "globex" (customers[1], Pulumi.dev.yaml line 11): cells[1]: "us-1"',
      "testing",
      "eu-1",
    );
  });

  it("suggests what may be meant", () => {
    const suggestions: Array<[values: Record<string, string>, given: string, meant: string]> = [
      [{ tokenURL: "x" }, "tokenURL", "tokenUrl"],
      [customers({ ...acme, custmerId: "x" }), "custmerId", "customerId"],
      [customers({ ...acme, applications: [{ cel: "eu-1" }] }), "cel", "cell"],
      [customers({ ...acme, cells: ["eu1"] }), "eu1", "eu-1"],
      [customers({ ...acme, status: "actve" }), "actve", "active"],
      [
        customers({ ...acme, applications: [{ cell: "eu-1", authMethod: "CLIENT-SECRET" }] }),
        "CLIENT-SECRET",
        "CLIENT_SECRET",
      ],
      [
        customers({ ...acme, applications: [{ cell: "eu-1", scopes: ["documents.submission.read"] }] }),
        "documents.submission.read",
        "documents.submissions.read",
      ],
      [{ secrets: JSON.stringify({ kmsKey: "x" }) }, "kmsKey", "kmsKeyId"],
      [{ rotation: JSON.stringify({ every: "90d", overlp: "7d" }) }, "overlp", "overlap"],
    ];
    for (const [values, given, meant] of suggestions) {
      const suggestion = didYouMean(given, [meant]);
      mentions(suggestion, meant);
      const result = read(values);
      assert.ok("problems" in result);
      assert.ok(
        result.problems.some(
          ({ path, problem }) => `${path} ${problem}`.includes(given) && problem.includes(suggestion),
        ),
        JSON.stringify(result.problems),
      );
      // The keys that are known are in the documentation, not in each message.
      assert.ok(result.problems.every(({ problem }) => problem.length < 300));
    }
  });

  it("contains none of zod's own messages", () => {
    for (const values of [
      customers(5),
      customers(null),
      customers({ ...acme, cells: 5, applications: [5], secrets: 5 }),
      customers({
        ...acme,
        applications: [{ cell: "eu-1", adopt: 5, scopes: "x", rotation: 5, publicKey: 5 }],
      }),
      customers({
        ...acme,
        applications: [{ cell: "eu-1", rotation: { every: "90 d", overlap: "-1d" }, publicKey: "" }],
      }),
      { secrets: "5", rotation: "[]", quota: "", stage: "" },
      { customers: undefined, stage: undefined },
    ]) {
      const result = read(values);
      assert.ok("problems" in result);
      for (const { problem } of result.problems)
        assert.doesNotMatch(problem, /Invalid|expected|received|\/\^/i);
    }
  });

  it("finds a key in a namespace that nothing reads", () => {
    const keys = ["tenant:owner", "resistant-tenants:owner", "aws:region", "own:owner", "tenant:other"];
    const result = readConfiguration(new Map(Object.entries(right)), { otherKeys: keys });
    assert.ok("problems" in result);
    assert.deepEqual(
      result.problems.map(({ path }) => path),
      ["tenant:owner", "resistant-tenants:owner"],
    );
    for (const { problem } of result.problems) mentions(problem, "tenants:owner");
  });

  it("accepts one customerId twice while a customer moves to another name", () => {
    const leaving = { ...other, customerId: acme.customerId, status: "deprecated" };
    assert.equal(accepted(customers(acme, leaving)).customers.length, 2);
  });

  it("reads two thousand customers in a moment, duplicates included", () => {
    const many = Array.from({ length: 2_000 }, (_one, index) => ({
      ...acme,
      name: `c${index}`,
      customerId: `CRM-${index}`,
    }));
    assert.equal(accepted(customers(...many)).customers.length, 2_000);
    assert.deepEqual(refused(customers(...many, { ...acme, name: "c7", customerId: "x" })), [
      "tenants:customers[2000].name",
    ]);
  });

  it("accepts an empty list of customers, and refuses a missing one", () => {
    assert.deepEqual(accepted(customers()).customers, []);
    assert.deepEqual(refused({ customers: undefined }), ["tenants:customers"]);
  });

  it("accepts http only on loopback", () => {
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
    it(`accepts the KMS key ${kmsKeyId}`, () => {
      assert.equal(accepted({ kmsKeyId }).settings.kmsKeyId, kmsKeyId);
    });
  }

  it("accepts a log group by its name, and by its ARN as AWS shows it", () => {
    const arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/tenants/prod";
    for (const auditLogGroup of ["/tenants/prod", arn, `${arn}:*`])
      assert.equal(accepted({ auditLogGroup }).settings.auditLogGroup, auditLogGroup);
    assert.deepEqual(refused({ auditLogGroup: "/tenants/prod:*" }), ["tenants:auditLogGroup"]);
  });

  it("never repeats the value of a secret", () => {
    const result = readConfiguration(
      new Map(Object.entries({ ...right, stage: "x", privateKey: " ", privateKeySecretArn: "hush" })),
    );
    assert.ok("problems" in result);
    assert.ok(!JSON.stringify(result).includes("hush"));
  });

  it("repeats the value of any other setting", () => {
    for (const [key, value] of [
      ["stage", "prod"],
      ["journal", "../elsewhere"],
      ["journalDiskIsKept", "yes"],
      ["kmsKeyId", "my-key"],
      ["auditLogGroup", "a b"],
    ] as const) {
      const result = read({ [key]: value });
      assert.ok("problems" in result);
      assert.ok(result.problems[0]?.problem.startsWith(`"${value}" `), JSON.stringify(result));
    }
  });

  it("counts values that two customers lack as missing, not as equal", () => {
    const none = { name: null, customerId: null, cells: ["eu-1"], adopt: null };
    assert.deepEqual(
      refused(customers(none, none)),
      [0, 1].flatMap((index) =>
        ["name", "customerId", "adopt"].map((field) => `tenants:customers[${index}].${field}`),
      ),
    );
  });

  it("refuses the members of a JWK that YAML took for something else than text", () => {
    for (const [kid, names] of [
      [5349, ["5349", "number", "YAML"]],
      ["2026-11-24 00:00:00 +0000 UTC", ['"2026-11-24 00:00:00 +0000 UTC"', "date", "YAML"]],
      [true, ["true", "boolean", "YAML"]],
      [null, ["null", "text"]],
    ] as const) {
      const application = { cell: "eu-1", authMethod: "EC", publicKey: { ...publicKey, kid } };
      const result = read(customers({ ...acme, applications: [application] }));
      assert.ok("problems" in result);
      assert.deepEqual(
        result.problems.map(({ path }) => path),
        ["tenants:customers[0].applications[0].publicKey"],
      );
      mentions(result.problems[0]?.problem, "`kid`", ...names);
    }
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
    [
      "a customerId of spaces",
      customers({ ...acme, customerId: " \u00a0" }),
      "tenants:customers[0].customerId",
    ],
    [
      "a key id with a line end",
      customers({ ...acme, applications: [{ cell: "eu-1", authMethod: "EC", publicKey, keyId: "a\nb" }] }),
      "tenants:customers[0].applications[0].keyId",
    ],
    ["a pattern of no files", { customers: undefined, customersFrom: "" }, "tenants:customersFrom"],
    ["no cells", customers({ ...acme, cells: [] }), "tenants:customers[0].cells"],
    ["an unknown cell", customers({ ...acme, cells: ["eu-1", "eu-2"] }), "tenants:customers[0].cells[1]"],
    ["a cell twice", customers({ ...acme, cells: ["eu-1", "eu-1"] }), "tenants:customers[0].cells[1]"],
    ["an unknown Web UI cell", customers({ ...acme, uiCells: ["x"] }), "tenants:customers[0].uiCells[0]"],
    ["an unknown status", customers({ ...acme, status: "gone" }), "tenants:customers[0].status"],
    ["an unknown field of a customer", customers({ ...acme, cell: "eu-1" }), "tenants:customers[0].cell"],
    ["a name twice", customers(acme, { ...acme, customerId: "b" }), "tenants:customers[1].name"],
    ["a customerId twice", customers(acme, { ...acme, name: "b" }), "tenants:customers[1].customerId"],
    [
      "a customerId twice, with a space after it",
      customers(acme, { ...acme, name: "b", customerId: "CRM-1 " }),
      "tenants:customers[1].customerId",
    ],
    [
      "a customerId twice, with letters composed in another way",
      customers(
        { ...acme, customerId: "\ud55c\uad6d" },
        { ...acme, name: "b", customerId: "\ud55c\uad6d".normalize("NFD") },
      ),
      "tenants:customers[1].customerId",
    ],
    [
      "a customerId that no one can see",
      customers({ ...acme, customerId: "\u3164" }),
      "tenants:customers[0].customerId",
    ],
    ["an owner on two lines", customers({ ...acme, owner: "a\u2028b" }), "tenants:customers[0].owner"],
    ["a placeholder for an id", customers({ ...acme, adopt: "<tenant id>" }), "tenants:customers[0].adopt"],
    ["an id with a slash", customers({ ...acme, adopt: "tenants/t-1" }), "tenants:customers[0].adopt"],
    ["a journal in a home folder, which is not expanded", { journal: "~/t.jsonl" }, "tenants:journal"],
    ["a journal below a variable, which is not expanded", { journal: "$HOME/t.jsonl" }, "tenants:journal"],
    ["a journal that is a folder", { journal: "journals/" }, "tenants:journal"],
    ["a journal of spaces", { journal: " " }, "tenants:journal"],
    ["a client id on two lines", { clientId: "0oa1\n0oa2" }, "tenants:clientId"],
    ["a key id with an invisible character", { keyId: "a\u200bb" }, "tenants:keyId"],
    ["a journal with a query", { journal: "s3://journals/tenants?region=eu-west-1" }, "tenants:journal"],
    ["a bucket with one slash", { journal: "s3:/journals/tenants" }, "tenants:journal"],
    ["the template's client", { clientId: "0oa-your-organization-client" }, "tenants:clientId"],
    [
      "the template's authorization server",
      { tokenUrl: "https://eu.id.resistant.ai/oauth2/your-authorization-server/v1/token" },
      "tenants:tokenUrl",
    ],
    [
      "the template's key",
      {
        privateKeySecretArn:
          "arn:aws:secretsmanager:eu-west-1:123456789012:secret:partner/organization-key-AbCdEf",
      },
      "tenants:privateKeySecretArn",
    ],
    ["the template's journal", { journal: "s3://your-journal-bucket/x" }, "tenants:journal"],
    [
      "a tenant adopted twice",
      customers({ ...acme, adopt: "t" }, { ...other, adopt: "t" }),
      "tenants:customers[1].adopt",
    ],
    [
      "an application adopted twice",
      customers(
        { ...acme, applications: [{ cell: "eu-1", adopt }] },
        { ...other, applications: [{ cell: "eu-1", adopt }] },
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
    it(`refuses ${what}, once and with its path`, () => {
      assert.deepEqual(refused(values), [path]);
    });
  }

  it("refuses a cell of another stage", () => {
    assert.deepEqual(refused({ stage: "testing", ...customers({ ...acme, cells: ["us-1"] }) }), [
      "tenants:customers[0].cells[0]",
    ]);
  });

  it("also reports a missing token URL if the stage is missing", () => {
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
      ...customers({ name: "Acme", cells: ["us-1", "us-1"] }, acme, {
        ...acme,
        customerId: "b",
        status: "x",
      }),
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

  it("is read as an earlier up recorded it, with any hosts that it allowed", () => {
    const urls = { apiUrl: "https://proxy.example:8443/v0", tokenUrl: "https://proxy.example:8443/token" };
    assert.deepEqual(refused(urls), ["tenants:apiUrl", "tenants:tokenUrl"]);
    const recorded = new Map(Object.entries({ ...right, ...urls, customers: "[]", secretPrefix: "theirs" }));
    assert.equal(readRecordedConfiguration(recorded, {})?.secretPrefix, "theirs");
  });

  it("is read as an earlier version recorded it, with settings that are refused now", () => {
    const former = { journal: "journals/", clientId: "client\u200b", auditLogGroup: "two words" };
    assert.deepEqual(refused(former), ["tenants:clientId", "tenants:journal", "tenants:auditLogGroup"]);
    const recorded = new Map(
      Object.entries({ ...right, ...former, customers: "[]", secretPrefix: "theirs" }),
    );
    assert.equal(readRecordedConfiguration(recorded, {})?.secretPrefix, "theirs");
  });

  it("never repeats several lines that were put where an id belongs", () => {
    const pasted = '{\n  "kty": "RSA",\n  "d": "private-part"\n}';
    const read = readConfiguration(new Map(Object.entries({ ...right, clientId: pasted })), {});
    assert.ok("problems" in read && !JSON.stringify(read.problems).includes("private-part"));
  });
});
