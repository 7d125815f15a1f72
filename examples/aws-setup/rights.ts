/**
 * What each role may do in AWS, as one table. It generates this program's policies and the lists in docs/ci.md, and a
 * test compares it with every call of the product.
 */

/** The roles of the workflows. Each stack has its own `up` role, which applies and rotates. */
export const roles = ["preview", "up", "drift"] as const;

/** The name of a role. */
export type Role = (typeof roles)[number];

/** The subjects of rights, in the words of docs/ci.md. */
export const subjects = {
  stateBucket: "the state's bucket",
  stateKey: "the KMS key of the state",
  secrets: "the secrets below `<secretPrefix>/`",
  everySecret: "all secrets (AWS has no narrower form of this right)",
  secretsKey: "the KMS keys of these secrets and replicas",
  organizationSecret: "the organization's key, in Secrets Manager",
  organizationKey: "the organization's key, in KMS",
  journalBucket: "the journal's bucket",
  logGroup: "the log group",
} as const;

/** A key of {@link subjects}. */
export type Subject = keyof typeof subjects;

/** One right of some roles. */
export interface Right {
  /** Its name in a policy. */
  action: string;
  on: Subject;
  roles: readonly Role[];
  /**
   * Why no call shows that one of the roles needs it: AWS checks it on behalf of another call, or the AWS provider's own
   * plugin needs it. Absent where a call shows it for each role.
   */
  unseen?: string;
}

const everybody = roles;
const reading: readonly Role[] = ["up", "drift"];
const applying: readonly Role[] = ["up"];
const looking: readonly Role[] = ["drift"];

/** The table. Each right is needed; none is there just in case. */
export const rights: readonly Right[] = [
  { action: "s3:ListBucket", on: "stateBucket", roles: everybody },
  { action: "s3:GetObject", on: "stateBucket", roles: everybody },
  { action: "s3:PutObject", on: "stateBucket", roles: applying },
  { action: "s3:DeleteObject", on: "stateBucket", roles: applying },
  { action: "kms:Decrypt", on: "stateKey", roles: everybody },

  { action: "secretsmanager:DescribeSecret", on: "secrets", roles: everybody },
  {
    action: "secretsmanager:GetSecretValue",
    on: "secrets",
    roles: reading,
    unseen: "in an `up`, the AWS provider's plugin reads back what it stored",
  },
  { action: "secretsmanager:GetResourcePolicy", on: "secrets", roles: reading },
  { action: "secretsmanager:CreateSecret", on: "secrets", roles: applying },
  { action: "secretsmanager:PutSecretValue", on: "secrets", roles: applying },
  { action: "secretsmanager:UpdateSecret", on: "secrets", roles: applying },
  { action: "secretsmanager:DeleteSecret", on: "secrets", roles: applying },
  { action: "secretsmanager:RestoreSecret", on: "secrets", roles: applying },
  { action: "secretsmanager:TagResource", on: "secrets", roles: applying },
  { action: "secretsmanager:UntagResource", on: "secrets", roles: applying },
  { action: "secretsmanager:PutResourcePolicy", on: "secrets", roles: applying },
  { action: "secretsmanager:DeleteResourcePolicy", on: "secrets", roles: applying },
  { action: "secretsmanager:ReplicateSecretToRegions", on: "secrets", roles: applying },
  { action: "secretsmanager:RemoveRegionsFromReplication", on: "secrets", roles: applying },
  {
    action: "secretsmanager:ListSecrets",
    on: "everySecret",
    roles: reading,
    unseen: "`reconcile` lists them where an application is not on record",
  },
  {
    action: "kms:Decrypt",
    on: "secretsKey",
    roles: reading,
    unseen: "Secrets Manager uses the key with the caller's right",
  },
  {
    action: "kms:GenerateDataKey",
    on: "secretsKey",
    roles: applying,
    unseen: "Secrets Manager uses the key with the caller's right",
  },

  { action: "secretsmanager:GetSecretValue", on: "organizationSecret", roles: reading },
  { action: "kms:Sign", on: "organizationKey", roles: reading },

  { action: "s3:ListBucket", on: "journalBucket", roles: everybody },
  { action: "s3:GetObject", on: "journalBucket", roles: everybody },
  { action: "s3:PutObject", on: "journalBucket", roles: applying },
  { action: "s3:GetBucketVersioning", on: "journalBucket", roles: looking },
  { action: "s3:ListBucketVersions", on: "journalBucket", roles: looking },

  { action: "logs:CreateLogStream", on: "logGroup", roles: applying },
  { action: "logs:PutLogEvents", on: "logGroup", roles: applying },
  { action: "logs:FilterLogEvents", on: "logGroup", roles: looking },
];
