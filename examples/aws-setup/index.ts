import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { policyOf, trustOf, trustPolicy } from "./policies";
import { type Role, roles } from "./rights";

const config = new pulumi.Config();
/** `OWNER/REPO` on GitHub. */
const repository = config.require("repository");
/** The prefix of the names of buckets and roles, unique to this account. */
const prefix = config.require("prefix");
/** The tenants' stacks that use this account. */
const stacks = config.requireObject<string[]>("stacks");
/** `tenants:secretPrefix` of these stacks. */
const secretPrefix = config.get("secretPrefix") ?? "resistant-tenants";
/** The ARN of the organization's private key, if it is in Secrets Manager. Default: a new key in KMS. */
const organizationSecret = config.get("organizationSecretArn");
/** For how many days no one, not even an administrator, can delete an object of the journal. */
const journalRetentionDays = config.getNumber("journalRetentionDays") ?? 365;

const { accountId } = aws.getCallerIdentityOutput();
const region = aws.getRegionOutput().region;

/** A private bucket that keeps every version, and that `destroy` leaves. */
function privateBucket(name: string, settings: { objectLockEnabled?: boolean } = {}): aws.s3.Bucket {
  const bucket = new aws.s3.Bucket(name, { bucket: `${prefix}-${name}`, ...settings }, { protect: true });
  new aws.s3.BucketVersioning(name, {
    bucket: bucket.id,
    versioningConfiguration: { status: "Enabled" },
  });
  new aws.s3.BucketPublicAccessBlock(name, {
    bucket: bucket.id,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  return bucket;
}

/** A key with an alias. Without it no one can decrypt what it encrypted, so `destroy` leaves it. */
function key(name: string, settings: aws.kms.KeyArgs = { enableKeyRotation: true }): aws.kms.Alias {
  const made = new aws.kms.Key(name, { description: `${prefix}: ${name}`, ...settings }, { protect: true });
  return new aws.kms.Alias(name, { name: `alias/${prefix}-${name}`, targetKeyId: made.keyId });
}

const stateBucket = privateBucket("state");
const journalBucket = privateBucket("journal", { objectLockEnabled: true });
new aws.s3.BucketObjectLockConfiguration("journal", {
  bucket: journalBucket.id,
  rule: { defaultRetention: { mode: "COMPLIANCE", days: journalRetentionDays } },
});

const stateKey = key("state");
const secretsKey = key("secrets");
/** Give the vendor its public half: `aws kms get-public-key`. The private half never leaves KMS. */
const organizationKey =
  organizationSecret === undefined
    ? key("organization", { keyUsage: "SIGN_VERIFY", customerMasterKeySpec: "RSA_3072" })
    : undefined;

const logGroup = new aws.cloudwatch.LogGroup(
  "audit",
  { name: `/${prefix}/audit`, retentionInDays: 3653 },
  { protect: true },
);

const github = new aws.iam.OpenIdConnectProvider("github", {
  url: "https://token.actions.githubusercontent.com",
  clientIdLists: ["sts.amazonaws.com"],
});

const arns = pulumi
  .all([
    stateBucket.arn,
    stateKey.targetKeyArn,
    pulumi.interpolate`arn:aws:secretsmanager:${region}:${accountId}:secret:${secretPrefix}/*`,
    secretsKey.targetKeyArn,
    journalBucket.arn,
    logGroup.arn,
    organizationKey?.targetKeyArn,
  ])
  .apply(([state, ofState, secrets, ofSecrets, journal, log, organization]) => ({
    stateBucket: state,
    stateKey: ofState,
    secrets,
    secretsKey: ofSecrets,
    journalBucket: journal,
    logGroup: log,
    ...(organization === undefined ? {} : { organizationKey: organization }),
    ...(organizationSecret === undefined ? {} : { organizationSecret }),
  }));

/** Creates the role for a purpose. One stack's `up` role must not serve another stack. */
function roleFor(role: Role, ofStacks: readonly string[]): aws.iam.Role {
  const name = role === "preview" ? role : `${role}-${ofStacks.join("-")}`;
  const made = new aws.iam.Role(name, {
    name: `${prefix}-${name}`,
    assumeRolePolicy: github.arn.apply((provider) =>
      JSON.stringify(trustPolicy(trustOf(role, ofStacks), repository, provider)),
    ),
  });
  new aws.iam.RolePolicy(name, {
    role: made.name,
    policy: arns.apply((known) => JSON.stringify(policyOf(role, known))),
  });
  return made;
}

const made = roles.flatMap((role) =>
  (role === "preview" ? [stacks] : stacks.map((stack) => [stack])).map((ofStacks) => ({
    environments: trustOf(role, ofStacks).environments,
    arn: roleFor(role, ofStacks).arn,
  })),
);

/** `AWS_ROLE_ARN` of each environment on GitHub. */
export const roleArns = pulumi
  .all(made.map(({ environments, arn }) => arn.apply((value) => environments.map((name) => [name, value]))))
  .apply((entries) => Object.fromEntries(entries.flat()) as Record<string, string>);

/** `PULUMI_BACKEND_URL`, a variable of the repository. */
export const backendUrl = pulumi.interpolate`s3://${stateBucket.bucket}`;

/** `pulumi stack init <stack> --secrets-provider=<this>`. */
export const secretsProvider = pulumi.interpolate`awskms://${stateKey.name}?region=${region}`;

/** Lines for the stacks' files. */
export const configuration = {
  ...(organizationKey === undefined
    ? { "tenants:privateKeySecretArn": organizationSecret }
    : { "tenants:kmsKeyId": organizationKey.targetKeyArn }),
  "tenants:journal": pulumi.interpolate`s3://${journalBucket.bucket}/tenants`,
  "tenants:auditLogGroup": logGroup.arn,
  "tenants:secrets": { kmsKeyId: secretsKey.name },
};
