import { strict as assert } from "node:assert";
import { createPublicKey, generateKeyPairSync } from "node:crypto";

import { parsePublicKey } from "../../../../provider/src/client/public-key";
import type { Properties } from "../../../../provider/src/dynamic/engine/inputs";
import { mentions } from "../../../support/mentions";
import { apiUrl, configuredRun, type NewRun, unknown } from "../process";

let tenantApplication: NewRun["tenantApplication"];

const ecKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" })
    .publicKey.export({ type: "spki", format: "pem" })
    .toString();
const scopes = ["documents.submissions.read", "documents.submissions.write"];
const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:theirs-AbCdEf";
const inputs = { tenantId: "t-1", cell: "eu-1" };
const state = {
  ...inputs,
  applicationId: "a-1",
  scopes,
  authMethod: "CLIENT_SECRET",
  stage: "production",
  apiUrl,
};
const failures = async (given: Properties) =>
  (await tenantApplication.check({}, { ...inputs, ...given })).failures.map(({ property }) => property);
const replaces = async (olds: Properties, news: Properties) =>
  (await tenantApplication.diff("a-1", { ...state, ...olds }, { ...inputs, ...news })).replaces;

describe("the check of an application", () => {
  const publicKey = ecKey();

  beforeEach(() => {
    ({ tenantApplication } = configuredRun());
  });

  for (const [what, given, properties] of [
    ["takes what is right", {}, []],
    ["takes a key that goes with its method", { authMethod: "EC", publicKey, keyId: "k" }, []],
    [
      "takes a JWK",
      { authMethod: "EC", publicKey: createPublicKey(publicKey).export({ format: "jwk" }) },
      [],
    ],
    ["takes what is not known yet", { tenantId: unknown, authMethod: "RSA", publicKey: unknown }, []],
    ["refuses an empty tenant id", { tenantId: "" }, ["tenantId"]],
    ["refuses an unknown cell", { cell: "eu-9" }, ["cell"]],
    ["refuses an unknown scope", { scopes: ["admin"] }, ["scopes.0"]],
    ["refuses a scope twice", { scopes: [scopes[0], scopes[0]] }, ["scopes"]],
    ["refuses an unknown method", { authMethod: "JWT" }, ["authMethod"]],
    ["refuses a method without its key", { authMethod: "RSA" }, ["publicKey"]],
    ["refuses a key without its method", { publicKey }, ["publicKey"]],
    ["refuses a key of another method", { authMethod: "RSA", publicKey }, ["publicKey"]],
    ["refuses what is no key", { authMethod: "EC", publicKey: "nonsense" }, ["publicKey"]],
    ["refuses a key id of spaces", { authMethod: "EC", publicKey, keyId: " " }, ["keyId"]],
    [
      "refuses a key id with an invisible character",
      { authMethod: "EC", publicKey, keyId: "a\u200b" },
      ["keyId"],
    ],
    ["refuses an unknown input", { purpose: "x" }, ["purpose"]],
    ["takes what is to be adopted", { adopt: { applicationId: "a-9", secretArn } }, []],
    ["takes what is to be adopted and not known yet", { adopt: { applicationId: unknown, secretArn } }, []],
    ...[
      "arn:aws:s3:::b",
      "arn:aws:ssm:eu-west-1:123456789012:parameter/theirs-AbCdEf",
      secretArn.replace("secretsmanager", "ssm"),
      secretArn.toUpperCase(),
      secretArn.replace("eu-west-1", "EU-WEST-1"),
      secretArn.replace("eu-west-1", ""),
      secretArn.replace("123456789012", ""),
      secretArn.replace("theirs-AbCdEf", ""),
      secretArn.replace("theirs", "the irs"),
      secretArn.replace("theirs", "*"),
      ` ${secretArn}`,
      `${secretArn} `,
      `${secretArn}\n`,
      `${secretArn}:AWSCURRENT`,
      "theirs",
      "theirs-AbCdEf",
    ].map((arn) => [
      `refuses to adopt by what is no ARN of a secret: ${JSON.stringify(arn)}`,
      { adopt: { applicationId: "a-9", secretArn: arn } },
      ["adopt.secretArn"],
    ]),
    [
      "refuses an unknown part of what is to be adopted",
      { adopt: { applicationId: "a-9", secretArn, arn: "x" } },
      ["adopt.arn"],
    ],
  ] as Array<[string, Properties, string[]]>) {
    it(what, async () => {
      assert.deepEqual(await failures(given), properties);
    });
  }

  it("refuses a private key without repeating it", async () => {
    const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString();
    const { failures: found } = await tenantApplication.check(
      {},
      { ...inputs, authMethod: "EC", publicKey: pem },
    );
    mentions(found[0]!.reason, "openssl pkey -pubout");
    assert.ok(!JSON.stringify(found).includes(pem.split("\n")[1]!));
  });

  it("refuses a cell that the stage does not have", async () => {
    ({ tenantApplication } = configuredRun("testing"));
    assert.deepEqual(await failures({ cell: "us-1" }), ["cell"]);
  });
});

describe("the difference of an application", () => {
  beforeEach(() => {
    ({ tenantApplication } = configuredRun());
  });

  it("is none for the order of scopes", async () => {
    assert.deepEqual(await replaces({}, { scopes: scopes.toReversed() }), []);
  });

  it("is none for a scope that the API lists twice", async () => {
    assert.deepEqual(await replaces({ scopes: [...scopes, ...scopes] }, { scopes }), []);
  });

  it("is none for the adoption of the stack's own application, with its secret in any place", async () => {
    assert.deepEqual(await replaces({}, { adopt: { applicationId: "a-1", secretArn } }), []);
  });

  it("is none for explicit defaults", async () => {
    assert.deepEqual(await replaces({}, { scopes, authMethod: "CLIENT_SECRET" }), []);
  });

  for (const [property, news] of [
    ["tenantId", { tenantId: "t-2" }],
    ["tenantId", { tenantId: unknown }],
    ["cell", { cell: "us-1" }],
    ["scopes", { scopes: [scopes[0]] }],
    ["adopt", { adopt: { applicationId: "a-9", secretArn } }],
  ] as Array<[string, Properties]>) {
    it(`is a replacement for another ${property} (${JSON.stringify(news)})`, async () => {
      assert.deepEqual(await replaces({}, news), [property]);
    });
  }

  describe("with a key", () => {
    let publicKey: string;
    let held: Properties;

    beforeEach(async () => {
      publicKey = ecKey();
      held = { authMethod: "EC", publicKey, keyId: (await parsePublicKey(publicKey)).thumbprint };
    });

    it("is none for the same key in another form", async () => {
      const jwk = createPublicKey(publicKey).export({ format: "jwk" });
      assert.deepEqual(await replaces(held, { authMethod: "EC", publicKey: jwk }), []);
    });

    it("is a replacement for another key", async () => {
      assert.deepEqual(await replaces(held, { authMethod: "EC", publicKey: ecKey() }), [
        "publicKey",
        "keyId",
      ]);
    });

    it("is a replacement for another id of the same key", async () => {
      assert.deepEqual(await replaces(held, { authMethod: "EC", publicKey, keyId: "other" }), ["keyId"]);
    });

    it("is a replacement for a key that is not known yet", async () => {
      assert.deepEqual(await replaces(held, { authMethod: "EC", publicKey: unknown }), ["publicKey"]);
    });
  });
});
