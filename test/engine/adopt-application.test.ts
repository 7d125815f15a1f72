import { strict as assert } from "node:assert";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

import {
  type Authentication,
  createTransport,
  defaultRetryPolicy,
  type DocumentsScope,
  documentsScopes,
  parsePublicKey,
  TenantManagementApi,
} from "../../provider/src/client";
import { proveToken } from "../../sandbox/start/proof";
import { exhaustiveTag } from "../suites";
import { mentions } from "../support/mentions";
import { tokensOf } from "../support/sandbox-api";
import { StackUnderTest } from "./engine";

/** An application that somebody made by hand. */
interface Existing {
  applicationId: string;
  clientId: string;
  clientSecret?: string;
}

describe("adoption of applications, on the engine", function () {
  let stack: StackUnderTest;
  let tenantId: string;
  let make: (authentication: Authentication, scopes?: readonly DocumentsScope[]) => Promise<Existing>;
  let api: TenantManagementApi;

  beforeEach(async () => {
    stack = await StackUnderTest.create();
    const transport = createTransport();
    const { apiUrl } = stack.sandbox;
    const tokens = tokensOf(stack.sandbox, transport);
    api = new TenantManagementApi({
      stage: "testing",
      apiUrl,
      tokens,
      transport,
      retryPolicy: defaultRetryPolicy,
    });
    ({ tenantId } = await api.createTenant({ name: "acme" }));
    make = async (authentication, scopes = documentsScopes) => {
      const made = await api.createApplication(tenantId, { cell: "eu-1", scopes, authentication });
      const { applicationId, clientId, credentials } = made;
      return {
        applicationId,
        clientId,
        ...(credentials.type === "CLIENT_SECRET" ? { clientSecret: credentials.clientSecret } : {}),
      };
    };
  });
  afterEach(async () => {
    await api.close();
    await stack.finish();
  });

  /** Declares the tenant, adopted, with applications. */
  const acmeWith = (applications: unknown[]): never[] =>
    [{ name: "acme", customerId: "CRM-1042", cells: ["eu-1"], adopt: tenantId, applications }] as never[];

  const withoutAdopt = (customers: unknown): never =>
    JSON.parse(
      JSON.stringify(customers, (key, value: unknown) => (key === "adopt" ? undefined : value)),
    ) as never;

  const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

  /** The tags of a secret whose value does not say whose it is. */
  const tags = () => ({ stage: "testing", cell: "eu-1", customer: "acme", tenant_id: tenantId });

  const changes = (): string[] =>
    stack.sandbox.control
      .requestLog()
      .map(({ operation }) => operation as string)
      .filter((operation) => /create|delete/i.test(operation));

  it(`keeps their credentials, sends nothing that changes anything, and \`adopt\` may be removed afterwards ${exhaustiveTag}`, async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey;
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const numbersOf = async (key: KeyObject) =>
      parsePublicKey(createPublicKey(key).export({ type: "spki", format: "pem" }));
    const bySecret = await make({ type: "CLIENT_SECRET" }, ["documents.submissions.read"]);
    const byRsa = await make({ ...(await numbersOf(rsa)).numbers, keyId: "a-kid-of-their-own" });
    const { numbers, thumbprint } = await numbersOf(ec);
    const byEc = await make({ ...numbers, keyId: thumbprint });
    const secretArns = [
      await stack.createSecret("secret", bySecret.clientSecret ?? "", tags()),
      await stack.createSecret(
        "rsa",
        JSON.stringify({ client_id: byRsa.clientId, private_key: pemOf(rsa), key_id: "a-kid-of-their-own" }),
      ),
      await stack.createSecret("ec", pemOf(ec), tags()),
    ];
    const adopt = ({ applicationId }: Existing, index: number): unknown => ({
      applicationId,
      secretArn: secretArns[index],
    });
    const customers = acmeWith([
      { cell: "eu-1", purpose: "secret", scopes: ["documents.submissions.read"], adopt: adopt(bySecret, 0) },
      { cell: "eu-1", purpose: "rsa", authMethod: "RSA", adopt: adopt(byRsa, 1) },
      { cell: "eu-1", purpose: "ec", authMethod: "EC", adopt: adopt(byEc, 2) },
    ]);
    await stack.setCustomers(customers);
    stack.sandbox.control.resetRequests();
    await stack.succeed(["preview"], { env: { TENANTS_PRIVATE_KEY: undefined } });
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
    await stack.up();
    assert.deepEqual(changes(), []);
    const outputs = (await stack.workspace.outputs()) as {
      customers: {
        acme: { applications: Array<{ applicationId: string; secretArn: string; keyId?: string }> };
      };
    };
    const { applications } = outputs.customers.acme;
    assert.deepEqual(
      applications.map(({ applicationId, keyId }) => [applicationId, keyId]),
      [
        [bySecret.applicationId, undefined],
        [byRsa.applicationId, "a-kid-of-their-own"],
        [byEc.applicationId, thumbprint],
      ],
    );
    for (const { secretArn } of applications) await proveToken(await stack.storedSecret(secretArn));
    assert.equal((await stack.journal()).match(/"outcome":"adopted"/g)?.length, 4);

    stack.sandbox.control.resetRequests();
    for (const declared of [customers, withoutAdopt(customers)]) {
      await stack.setCustomers(declared);
      assert.match(await stack.up(), /Resources:\s+\d+ unchanged/);
    }
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
    const reconciled = await stack.tenants("reconcile");
    assert.equal(reconciled.exitCode, 0, reconciled.stdout);
    await stack.setCustomers([]);
    await stack.up();
    assert.deepEqual(stack.existing(), {});
  });

  it(`is refused for each mismatch, with the correct value, and succeeds once corrected ${exhaustiveTag}`, async () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { numbers, thumbprint } = await parsePublicKey(
      ec.publicKey.export({ type: "spki", format: "pem" }),
    );
    const bySecret = await make({ type: "CLIENT_SECRET" });
    const other = await make({ type: "CLIENT_SECRET" });
    const narrow = await make({ type: "CLIENT_SECRET" }, ["documents.submissions.read"]);
    const byEc = await make({ ...numbers, keyId: thumbprint });
    const right = await stack.createSecret("right", bySecret.clientSecret ?? "", tags());
    const narrowArn = await stack.createSecret("narrow", narrow.clientSecret ?? "", tags());
    // Whatever else this run may read is sent to nobody as a password.
    const loose = [await make({ type: "CLIENT_SECRET" }), await make({ type: "CLIENT_SECRET" })] as const;
    const untagged = await stack.createSecret("untagged", loose[0].clientSecret ?? "");
    const nameless = JSON.stringify({ client_secret: loose[1].clientSecret });
    const ofAnotherCell = await stack.createSecret("cell", nameless, { ...tags(), cell: "us-1" });
    // AWS, or its stand-in, answers to some of these: what it answers is the secret of the application.
    const variants: Array<(arn: string) => string> = [
      (arn) => arn.slice(0, -"-AbCdEf".length),
      (arn) => arn.slice(0, -1),
      (arn) => arn.replace("right", "RIGHT"),
      (arn) => arn.replace("eu-west-1", "eu-west-2"),
      (arn) => arn.replace(/:\d{12}:/, ":210987654321:"),
    ];
    const variously: Array<{ adopted: Existing; arn: string }> = [];
    for (const [index, vary] of variants.entries()) {
      const adopted = await make({ type: "CLIENT_SECRET" });
      const value = { application_id: adopted.applicationId, client_secret: adopted.clientSecret };
      variously.push({
        adopted,
        arn: vary(await stack.createSecret(`right${index}`, JSON.stringify(value))),
      });
    }
    const otherArn = await stack.createSecret(
      "other",
      JSON.stringify({ client_id: other.clientId, client_secret: other.clientSecret }),
    );
    const ecArn = await stack.createSecret(
      "ec",
      JSON.stringify({ application_id: byEc.applicationId, private_key: pemOf(ec.privateKey) }),
    );
    const strange = await stack.createSecret(
      "strange",
      pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
      tags(),
    );
    const application = (
      purpose: string,
      adopted: Existing,
      secretArn: string,
      more: object = {},
    ): object => ({
      cell: "eu-1",
      purpose,
      adopt: { applicationId: adopted.applicationId, secretArn },
      ...more,
    });
    await stack.setCustomers([
      {
        name: "acme",
        customerId: "CRM-1042",
        cells: ["eu-1"],
        applications: [application("wrong", bySecret, right)],
      },
    ] as never[]);
    assert.match(await stack.fail(["preview"]), /- acme\n.*`adopt: <tenant id>`/s);
    await stack.setCustomers(
      acmeWith([
        application("wrong", bySecret, narrowArn),
        application("narrow", narrow, narrowArn),
        application("other", other, otherArn.replace(/.$/, "x")),
        application("another", { ...byEc, applicationId: "nowhere" }, right),
        application("ec", byEc, strange, { authMethod: "EC" }),
        application("untagged", loose[0], untagged),
        application("cell", loose[1], ofAnotherCell),
        ...variously.map(({ adopted, arn }, index) => application(`variant${index}`, adopted, arn)),
      ]),
    );
    stack.sandbox.control.resetRequests();
    const printed = await stack.fail(["up", "--yes", "--skip-preview", "--continue-on-error"]);
    assert.match(printed, new RegExp(`application ${bySecret.applicationId} .*invalid_client`));
    assert.match(printed, /scopes: \[documents\.submissions\.read\]/);
    assert.match(printed, /adopt\.secretArn \(arn:.*secretsmanager:GetSecretValue/);
    assert.match(printed, /application nowhere /);
    assert.match(printed, new RegExp(`application ${byEc.applicationId} .*kid`));
    for (const [index, arn] of [untagged, ofAnotherCell].entries()) {
      assert.match(
        printed,
        new RegExp(`${arn} .*${loose[index]!.applicationId}.*tag-resource --secret-id ${arn}`),
      );
    }
    for (const { arn } of variously) {
      const start = printed.indexOf(`(${arn})`);
      assert.ok(start !== -1, `${arn} was used`);
    }
    assert.deepEqual(changes(), []);
    assert.equal((await stack.journal()).match(/"TenantApplication"/g), null);

    const mended = acmeWith([
      application("wrong", bySecret, right),
      application("narrow", narrow, narrowArn, { scopes: ["documents.submissions.read"] }),
      application("other", other, otherArn),
      application("ec", byEc, ecArn, { authMethod: "EC" }),
    ]);
    await stack.setCustomers(mended);
    await stack.up();
    await stack.setCustomers(acmeWith([application("twice", bySecret, right)]));
    assert.match(await stack.fail(["preview"]), /"acme\/eu-1\/wrong"/);
    await stack.setCustomers(mended);
    // To be replaced by itself would be to be deleted.
    const urn = await stack.urn("TenantApplication", "acme/eu-1/other");
    mentions(
      await stack.fail(["up", "--yes", "--skip-preview", "--replace", urn]),
      other.applicationId,
      "`adopt`",
    );
    assert.deepEqual(changes(), []);
  });

  it(`keeps an adopted application that the state has lost, even if lost ones may be replaced ${exhaustiveTag}`, async () => {
    const bySecret = await make({ type: "CLIENT_SECRET" });
    const adopt = {
      applicationId: bySecret.applicationId,
      secretArn: await stack.createSecret("secret", bySecret.clientSecret ?? "", tags()),
    };
    const customers = acmeWith([{ cell: "eu-1", adopt }]);
    await stack.setCustomers(customers);
    await stack.up();
    const urn = await stack.urn("TenantApplication", "acme/eu-1/default");
    await stack.succeed(["state", "delete", urn, "--target-dependents", "--yes"]);
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    await stack.setCustomers(withoutAdopt(customers));
    await stack.up();
    const existing = stack.existing()["acme"] ?? [];
    assert.equal(existing.length, 2);
    assert.ok(existing.includes(bySecret.applicationId));
  });
});
