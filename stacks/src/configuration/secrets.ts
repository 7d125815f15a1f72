import type { Stage } from "pulumi-resistant-tenants";
import { type ConfigurationProblem, kmsKey } from "pulumi-resistant-tenants/internal/settings";
import { stages, stageTable } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { objectProblem } from "./problems";

const roleArn = z
  .string({ error: "must be the ARN of a role" })
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/,
    "must be the ARN of one IAM role (arn:aws:iam::<account>:role/<path and name>), without a wildcard",
  );

const defaultWindows = stages
  .toReversed()
  .map((stage) => `${stage} ${stageTable[stage].recoveryWindowInDays}`)
  .join(", ");

/** The object `tenants:secrets`, and `secrets` of a customer, which overrides it field by field. */
export const secretsSchema = z.strictObject(
  {
    kmsKeyId: kmsKey
      .optional()
      .describe(
        "The secret's KMS key, in the stack's region: id, ARN or alias. Default: `alias/aws/secretsmanager`.",
      ),
    readerRoleArns: z
      .array(roleArn, { error: "must be a list of role ARNs" })
      .max(50, "must contain at most 50 roles: more do not fit into a resource policy")
      .optional()
      .describe("The only roles that may read the secret: at most 50 ARNs. Default: AWS's own rules."),
    replicate: z
      .boolean({ error: "must be true or false" })
      .optional()
      .describe("`true` replicates each secret to its cell's AWS region. Default: `false`."),
    replicaKmsKeyId: kmsKey
      .refine(
        (id) => /^(?:alias\/|mrk-)/.test(id),
        "must refer to a key in each cell's region: an alias (alias/<name>), or a multi-Region key's id (mrk-…)",
      )
      .optional()
      .describe(
        "The replicas' KMS key: an alias in every region, or a multi-Region key's id (`mrk-…`). Required with `kmsKeyId` and `replicate`. Default: AWS's own.",
      ),
    recoveryWindowInDays: z
      .int("must be a whole number of days")
      .refine((days) => days === 0 || (days >= 7 && days <= 30), "must be 0, or 7 to 30 days")
      .optional()
      .describe(`How long a deleted secret can be restored: 0, or 7 to 30 days. Default: ${defaultWindows}.`),
  },
  { error: objectProblem("must be an object") },
);

/** `secrets` as written. */
export type SecretsConfiguration = z.output<typeof secretsSchema>;

/** How a customer's secrets are stored, with defaults. */
export interface SecretCustody {
  kmsKeyId?: string;
  readerRoleArns?: string[];
  /** The stack's AWS region, if a secret is replicated to its cell's region. */
  replicateFrom?: string;
  replicaKmsKeyId?: string;
  recoveryWindowInDays: number;
}

/** Fills in the defaults; `awsRegion` is the stack's, if known. */
export function toCustody(
  { replicate, readerRoleArns, kmsKeyId, replicaKmsKeyId, recoveryWindowInDays }: SecretsConfiguration,
  stage: Stage,
  awsRegion: string | undefined,
): SecretCustody {
  return {
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(readerRoleArns === undefined ? {} : { readerRoleArns }),
    ...(replicate === true && awsRegion !== undefined ? { replicateFrom: awsRegion } : {}),
    ...(replicaKmsKeyId === undefined ? {} : { replicaKmsKeyId }),
    recoveryWindowInDays: recoveryWindowInDays ?? stageTable[stage].recoveryWindowInDays,
  };
}

/** The problem of `replicate` if the stack's region is not known. */
export const regionMissing =
  "needs the stack's AWS region, which must differ from a replica's: set aws:region";

/**
 * Finds problems between the fields of `secrets`.
 *
 * @param secrets the stage's, or a customer's merged over them
 * @param path where they are written
 */
export function contradictions(
  { replicate, kmsKeyId, replicaKmsKeyId }: SecretsConfiguration,
  awsRegion: string | undefined,
  path: string,
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const keyRegion = kmsKeyId?.startsWith("arn:") === true ? kmsKeyId.split(":")[3] : undefined;
  if (keyRegion !== undefined && awsRegion !== undefined && keyRegion !== awsRegion) {
    problems.push({
      path: `${path}.kmsKeyId`,
      problem: `must be a key in ${awsRegion}, the stack's aws:region, where the secrets are; this key is in ${keyRegion}`,
    });
  }
  if (replicate === true && awsRegion === undefined) {
    problems.push({ path: `${path}.replicate`, problem: regionMissing });
  }
  if (replicate === true && kmsKeyId !== undefined && replicaKmsKeyId === undefined) {
    problems.push({
      path: `${path}.replicaKmsKeyId`,
      problem:
        "is required with `kmsKeyId` and `replicate`: a replica needs a key in its own region. " +
        "Use an alias that exists in each cell's region, or alias/aws/secretsmanager for AWS's own key",
    });
  }
  return problems;
}
