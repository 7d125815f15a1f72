import assert from "node:assert/strict";

import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";

import { reasonOf } from "../errors";
import { Trial, type TrialOptions } from "./trial";

/** A behaviour of the real AWS provider, or of AWS, that the project relies on and the stand-in imitates. */
export interface Assumption {
  readonly behaviour: string;
  /** The page of the documentation that describes it. */
  readonly page: string;
  /**
   * Tests it on a separate stack.
   *
   * @throws if it does not hold; absent if neither the stand-in nor an endpoint on loopback can show it
   */
  readonly check?: (trial: Trial) => Promise<void>;
}

const secretPage = "https://www.pulumi.com/registry/packages/aws/api-docs/secretsmanager/secret/";
const versionPage = "https://www.pulumi.com/registry/packages/aws/api-docs/secretsmanager/secretversion/";
const deletePage = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html";
const replicaPage = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html";
const valuePage = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html";

const policy = (sid: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: sid,
        Effect: "Deny",
        Principal: "*",
        Action: "secretsmanager:GetSecretValue",
        Resource: "*",
        Condition: { StringNotEquals: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/reader" } },
      },
    ],
  });

/** The assumptions. A test checks them with the stand-in, and `npm start` with the real plugin, if it is installed. */
export const assumptions: readonly Assumption[] = [
  {
    behaviour: "a second up, a refresh and an up after it change nothing",
    page: secretPage,
    async check(trial) {
      await trial.configure({ name: "trial/same", tags: { owner: "one" }, policy: policy("Same") });
      await trial.up();
      await trial.up(undefined, "--expect-no-changes");
      await trial.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
      await trial.up(undefined, "--expect-no-changes");
    },
  },
  {
    behaviour:
      "another value replaces the version and keeps the secret; the former value is AWSPREVIOUS, and is deleted by no one",
    page: versionPage,
    async check(trial) {
      await trial.configure({ name: "trial/rotated" });
      await trial.up();
      const before = await trial.outputs();
      await trial.up("second value");
      const after = await trial.outputs();
      assert.equal(after.arn, before.arn);
      assert.notEqual(after.versionId, before.versionId);
      assert.equal(await trial.valueOf(after.arn, "AWSCURRENT"), "second value");
      assert.equal(await trial.valueOf(after.arn, "AWSPREVIOUS"), "first value");
    },
  },
  {
    behaviour: "other tags, another KMS key and another policy are changed in place",
    page: secretPage,
    async check(trial) {
      await trial.configure({ name: "trial/changed", tags: { owner: "one", stage: "testing" } });
      await trial.up();
      const before = await trial.outputs();
      await trial.configure({
        tags: { owner: "two", cell: "eu-1" },
        kmsKeyId: "alias/aws/secretsmanager",
        policy: policy("Changed"),
      });
      await trial.up();
      assert.deepEqual(await trial.outputs(), before);
      const { Tags = [], KmsKeyId } = await trial.describe(before.arn);
      assert.deepEqual(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])), {
        owner: "two",
        cell: "eu-1",
      });
      assert.match(KmsKeyId ?? "alias/aws/secretsmanager", /alias\/aws\/secretsmanager|:key\//);
      assert.match((await trial.policyOf(before.arn)) ?? "", /Changed/);
    },
  },
  {
    behaviour: "the policy {} takes the policy away, and none at all leaves it as it is",
    page: secretPage,
    async check(trial) {
      await trial.configure({ name: "trial/policy", policy: policy("Kept") });
      await trial.up();
      const { arn } = await trial.outputs();
      await trial.configure({ policy: null });
      await trial.up();
      assert.match((await trial.policyOf(arn)) ?? "", /Kept/);
      await trial.configure({ policy: "{}" });
      await trial.up();
      assert.equal(await trial.policyOf(arn), undefined);
    },
  },
  {
    behaviour: "another name replaces the secret, and the one before is deleted first",
    page: secretPage,
    async check(trial) {
      await trial.configure({ name: "trial/old" });
      await trial.up();
      const before = await trial.outputs();
      await trial.configure({ name: "trial/new" });
      await trial.up();
      const { arn } = await trial.outputs();
      assert.notEqual(arn, before.arn);
      assert.equal(await trial.valueOf(arn, "AWSCURRENT"), "first value");
      await assert.rejects(trial.describe(before.arn), { name: "ResourceNotFoundException" });
    },
  },
  {
    behaviour: "a secret that is gone leaves the state by a refresh, and is made again by an up",
    page: secretPage,
    async check(trial) {
      await trial.configure({ name: "trial/lost" });
      await trial.up();
      const { arn } = await trial.outputs();
      await trial.client.send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
      await trial.succeed(["refresh", "--yes", "--skip-preview"]);
      const { resources } = (await trial.workspace.exportState()).deployment;
      assert.deepEqual(
        resources.filter(({ type }) => type.startsWith("aws:")),
        [],
      );
      await trial.up();
      assert.equal(await trial.valueOf((await trial.outputs()).arn, "AWSCURRENT"), "first value");
    },
  },
  {
    behaviour: "a deletion with a recovery window marks the secret, and a window of 0 deletes it at once",
    page: deletePage,
    async check(trial) {
      const destroy = ["destroy", "--yes", "--skip-preview"];
      await trial.configure({ name: "trial/deleted" });
      await trial.up();
      const { arn } = await trial.outputs();
      await trial.succeed(destroy);
      await assert.rejects(trial.describe(arn), { name: "ResourceNotFoundException" });
      await trial.configure({ name: "trial/recoverable", recoveryWindowInDays: 7 });
      await trial.up();
      const { arn: recoverable } = await trial.outputs();
      await trial.succeed(destroy);
      assert.ok((await trial.describe(recoverable)).DeletedDate !== undefined);
      await trial.client.send(
        new DeleteSecretCommand({ SecretId: recoverable, ForceDeleteWithoutRecovery: true }),
      );
    },
  },
  {
    behaviour: "a name that is taken fails with AWS's own code, ResourceExistsException",
    page: "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html",
    async check(trial) {
      await trial.configure({ name: "trial/taken", twice: true });
      const { exitCode, stdout, stderr } = await trial.run(["up", "--yes", "--skip-preview"]);
      assert.notEqual(exitCode, 0);
      assert.match(stdout + stderr, /ResourceExistsException/);
      await trial.configure({ twice: null });
    },
  },
  {
    behaviour:
      "the name of a secret that waits for its deletion is taken; the provider waits two minutes for it",
    page: deletePage,
  },
  {
    behaviour:
      "what was just created is there for the next call after some seconds; the provider waits for it",
    page: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html",
  },
  {
    behaviour: "replicas are added, changed and removed in place, with the keys of their own regions",
    page: replicaPage,
  },
  {
    behaviour: "a version stays readable by its id while it has a label; without one it may be deleted",
    page: valuePage,
  },
];

/** The result of testing an assumption. */
export interface Tried {
  readonly behaviour: string;
  readonly page: string;
  /** `untried` if nothing on this machine can show it. */
  readonly outcome: "holds" | "differs" | "untried";
  /** What was observed instead. */
  readonly instead?: string;
}

/** Tests every assumption that can be tested, one after another, each on a separate stack. */
export async function tryAssumptions(
  options: TrialOptions,
  all: readonly Assumption[] = assumptions,
): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const { behaviour, page, check } of all) {
    if (check === undefined) {
      tried.push({ behaviour, page, outcome: "untried" });
      continue;
    }
    const trial = await Trial.start(options);
    try {
      await check(trial);
      tried.push({ behaviour, page, outcome: "holds" });
    } catch (error) {
      tried.push({ behaviour, page, outcome: "differs", instead: reasonOf(error) });
    } finally {
      await trial.end();
    }
  }
  return tried;
}

/** Describes for people how the real provider differs from the assumptions. */
export function describeTried(tried: readonly Tried[]): string {
  const checked = tried.filter(({ outcome }) => outcome !== "untried");
  const differing = checked.filter(({ outcome }) => outcome === "differs");
  return [
    `${checked.length - differing.length} of ${checked.length} behaviours of the AWS provider that the project relies on hold.`,
    ...differing.map(({ behaviour, page, instead = "" }) => `- Not so: ${behaviour} (${page}). ${instead}`),
  ].join("\n");
}
