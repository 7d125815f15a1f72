import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import path from "node:path";

import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateKeyCommand, GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";

import { type Right, rights, type Role, roles, type Subject } from "../../examples/aws-setup/rights";
import { type AwsStandIn, startAwsProvider } from "../../sandbox/aws/find-provider";
import { runToSuccess } from "../../sandbox/process";
import { exhaustiveTag } from "../suites";
import { type AwsRecorder, recordAws } from "../support/aws-recorder";
import { acme, globex } from "./customers";
import { region, StackUnderTest, startShared } from "./engine";

/** Everybody may ask who they are. */
const identity = "sts:GetCallerIdentity";

const readerRoleArns = [
  "arn:aws:iam::123456789012:role/documents-reader",
  "arn:aws:iam::123456789012:role/up",
];

describe("the rights in AWS, on the engine", function () {
  this.timeout(600_000);

  let recorder: AwsRecorder;
  let standIn: AwsStandIn;
  let stack: StackUnderTest;
  const stateBucket = `state-${randomUUID()}`;
  const journalBucket = `journal-${randomUUID()}`;
  const logGroup = `/tenants/${randomUUID()}`;
  let organizationSecret: string;

  before(async () => {
    const { secretsManager } = await startShared();
    recorder = await recordAws(secretsManager.endpointUrl);
    standIn = await startAwsProvider({ endpointUrl: recorder.url, region, log: () => undefined });
    const client = {
      region,
      endpoint: secretsManager.endpointUrl,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    };
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    for (const Bucket of [stateBucket, journalBucket]) {
      await s3.send(
        new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
      );
      await s3.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
      );
    }
    await new CloudWatchLogsClient(client).send(new CreateLogGroupCommand({ logGroupName: logGroup }));
    const kms = new KMSClient(client);
    const stateKey = await kms.send(new CreateKeyCommand({}));
    const signing = await kms.send(new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" }));
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: signing.KeyMetadata!.KeyId! }));
    const der = Buffer.from(PublicKey ?? []).toString("base64");

    const endpoint = new URL(recorder.url).host;
    stack = await StackUnderTest.create({
      stage: "production",
      customers: [acme],
      config: {
        "tenants:auditLogGroup": logGroup,
        "tenants:secrets": { readerRoleArns },
      },
      env: {
        AWS_ENDPOINT_URL: recorder.url,
        PULUMI_DEBUG_PROVIDERS: standIn.debugProviders,
        PULUMI_BACKEND_URL: `s3://${stateBucket}?region=${region}&endpoint=${endpoint}&disableSSL=true&s3ForcePathStyle=true`,
      },
    });
    await runToSuccess(
      "pulumi",
      ["stack", "change-secrets-provider", `awskms://${stateKey.KeyMetadata!.KeyId!}?region=${region}`],
      { cwd: path.dirname(stack.workspace.configFile), env: { ...process.env, ...stack.workspace.env } },
    );
    stack.sandbox.control.registerOrganizationKey(
      `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`,
      "key-in-kms",
    );
    await stack.workspace.configure({
      "tenants:journal": `s3://${journalBucket}/tenants`,
      "tenants:kmsKeyId": signing.KeyMetadata!.Arn!,
      "tenants:keyId": "key-in-kms",
    });
    organizationSecret = await stack.createSecret("organization-key", stack.sandbox.privateKeyPem);
    delete (stack.workspace.env as Record<string, string>)["TENANTS_PRIVATE_KEY"];
  });
  after(async () => {
    await stack.finish();
    await standIn.close();
    await recorder.close();
  });

  /** What each role was seen to need: `<action> <subject>`. */
  const seen = new Map<Role, Set<string>>(roles.map((role) => [role, new Set()]));

  /** Runs what a role runs, and notes what it calls. */
  async function as(role: Role, work: () => Promise<unknown>): Promise<void> {
    recorder.take();
    await work();
    for (const { action, resource } of recorder.take()) {
      if (action !== identity) seen.get(role)?.add(`${action} ${subjectOf(action, resource)}`);
    }
  }

  function subjectOf(action: string, resource: string): Subject | "nothing known" {
    if (action === "secretsmanager:ListSecrets") return "everySecret";
    if (resource.includes(stack.secretPrefix)) return "secrets";
    const known: Readonly<Record<string, Subject>> = {
      [stateBucket]: "stateBucket",
      [journalBucket]: "journalBucket",
      [logGroup]: "logGroup",
      [organizationSecret]: "organizationSecret",
    };
    if (action === "kms:Decrypt") return "stateKey";
    return known[resource] ?? (action === "kms:Sign" ? "organizationKey" : "nothing known");
  }

  const preview = () => stack.succeed(["preview", "--json", "--show-sames"]);
  const look = async (): Promise<void> => {
    await stack.succeed(["refresh", "--preview-only", "--run-program", "--json"]);
    for (const command of [["reconcile"], ["audit", "verify"]]) {
      const { exitCode, stdout, stderr } = await stack.tenants(...command);
      assert.equal(exitCode, 0, stdout + stderr);
    }
  };

  /** Names the rights of some rows of the table as {@link seen} does. */
  const named = (some: readonly Right[]): string[] => some.map(({ action, on }) => `${action} ${on}`).sort();
  const rightsOf = (role: Role): Right[] => rights.filter((right) => right.roles.includes(role));

  it("are enough for the preview and the up of a stack's first customer", async () => {
    await as("preview", preview);
    await as("up", () => stack.up());
    for (const role of ["preview", "up"] as const) {
      const needed = seen.get(role) ?? new Set();
      assert.ok(needed.size > 0, role);
      const granted = named(rightsOf(role));
      assert.deepEqual(
        [...needed].filter((right) => !granted.includes(right)),
        [],
        role,
      );
    }
  });

  it(`are for each role those of the table: none is missing, and none is too many ${exhaustiveTag}`, async () => {
    const more = { ...acme, cells: ["eu-1", "us-1"] };
    await as("preview", preview);
    await as("up", () => stack.up());
    await stack.setCustomers([{ ...more, owner: "payments" }, globex]);
    await as("preview", preview);
    await as("up", () => stack.up());
    await stack.setCustomers([more, globex]);
    await stack.workspace.configure({
      "tenants:secrets": {
        readerRoleArns: [],
        replicate: true,
        kmsKeyId: "alias/next",
        replicaKmsKeyId: "alias/aws/secretsmanager",
      },
    });
    await as("preview", preview);
    await as("up", () => stack.up());
    await as("drift", look);

    // From here on the organization's key is the one in Secrets Manager.
    await stack.workspace.configure({
      "tenants:kmsKeyId": null,
      "tenants:privateKeySecretArn": organizationSecret,
      "tenants:keyId": stack.sandbox.keyId,
    });
    await stack.setCustomers([{ ...more, status: "deprecated" }, globex]);
    await as("up", () => stack.up());
    await as("drift", look);
    await stack.setCustomers([globex]);
    await as("preview", preview);
    await as("up", () => stack.up());
    await stack.setCustomers([more, globex]);
    await as("up", async () => {
      const { exitCode, stderr } = await stack.tenants("restore", "acme", "--yes");
      assert.equal(exitCode, 0, stderr);
    });

    for (const role of roles) {
      const needed = seen.get(role) ?? new Set();
      const isSeen = ({ action, on }: Right): boolean => needed.has(`${action} ${on}`);
      assert.deepEqual(
        named(rightsOf(role).filter((right) => right.unseen === undefined || isSeen(right))),
        [...needed].sort(),
        role,
      );
    }
  });
});
