import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

import { Aws, readAwsAccess } from "../../provider/src/settings/reach";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { region, StackUnderTest, startShared } from "./engine";

const up = ["up", "--yes", "--skip-preview"];

describe("the AWS identity of a stack, on the engine", () => {
  let stack: StackUnderTest;
  let endpoint: string;

  beforeEach(async () => {
    endpoint = (await startShared()).secretsManager.endpointUrl;
    stack = await StackUnderTest.create({ customers: [acme], encryption: "passphrase" });
  });
  afterEach(() => stack.finish());

  it("is that of aws:profile, in the region of aws:region, at the endpoints of the stack and of S3 alone", async () => {
    const bucket = `journals-${randomUUID()}`;
    const s3 = new S3Client({
      region,
      endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const CreateBucketConfiguration = { LocationConstraint: region } as const;
    await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
    s3.destroy();
    const credentials = path.join(stack.workspace.directory, "credentials");
    await writeFile(credentials, "[partner]\naws_access_key_id = partner\naws_secret_access_key = hush\n");
    await stack.workspace.configure({
      "aws:profile": "partner",
      "aws:endpoints": [{ secretsmanager: endpoint, sts: endpoint }],
      "tenants:journal": `s3://${bucket}/tenants`,
      "tenants:privateKeySecretArn": await stack.createSecret("key", stack.sandbox.privateKeyPem),
    });
    const env = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_REGION: undefined,
      AWS_ENDPOINT_URL: undefined,
      // As a name, it would be asked for <bucket>.localhost.
      AWS_ENDPOINT_URL_S3: endpoint.replace("127.0.0.1", "localhost"),
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      TENANTS_PRIVATE_KEY: undefined,
    };
    await stack.succeed(up, { env });
    await stack.setCustomers([acme, globex]);
    const unset = await stack.fail(up, { env: { ...env, AWS_SHARED_CREDENTIALS_FILE: "/dev/null" } });
    assert.match(unset, /profile partner.*aws sso login --profile partner/s);
    await stack.setCustomers([acme]);
    for (const command of [["reconcile"], ["audit", "verify"]]) {
      const { exitCode, stdout, stderr } = await stack.tenantsWith(env, ...command);
      assert.equal(exitCode, 0, stdout + stderr);
    }
    // There is nothing to restore: AWS was asked, and knows the secret.
    const restored = await stack.tenantsWith(env, "restore", "acme");
    assert.ok(!/credentials from any|Region is missing/.test(restored.stderr), restored.stderr);
  });

  it(`is that of the roles that are assumed: what is in their account is seen before anything is made ${exhaustiveTag}`, async () => {
    const roles = [
      { roleArn: "arn:aws:iam::210987654321:role/hub", externalId: "partner-7" },
      { roleArn: "arn:aws:iam::112233445566:role/tenants-up", sessionName: "up-dev" },
    ];
    await stack.workspace.configure({ "aws:assumeRoles": roles });
    const aws = new Aws({
      ...readAwsAccess({ AWS_ENDPOINT_URL: endpoint, AWS_REGION: region }, (key) =>
        key === "assumeRoles" ? JSON.stringify(roles) : undefined,
      ),
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const theirs = aws.open(SecretsManagerClient, "secretsmanager");
    await theirs.send(
      new CreateSecretCommand({
        Name: `${stack.secretPrefix}/testing/acme/eu-1/default`,
        SecretString: "{}",
      }),
    );
    theirs.destroy();
    const printed = await stack.fail(up);
    assert.match(printed, /acme\/eu-1\/default .*\(arn:aws:secretsmanager:eu-west-1:112233445566:/);
    assert.deepEqual(stack.existing(), {});
    const restored = await stack.tenants("restore", "acme");
    assert.match(restored.stdout + restored.stderr, /112233445566/);
    await stack.setCustomers([globex]);
    await stack.up();
    const identities = [...(await stack.journal()).matchAll(/"awsIdentity":"([^"]+)"/g)].map(
      ([, arn]) => arn,
    );
    assert.deepEqual([...new Set(identities)], ["arn:aws:sts::112233445566:assumed-role/tenants-up/up-dev"]);
  });

  it("that cannot be followed is said, and not left out in silence", async () => {
    await stack.workspace.configure({ "aws:sharedConfigFiles": ["/etc/aws/config"] });
    assert.match(await stack.succeed(up), /aws:sharedConfigFiles/);
  });
});
