import type { SecretArgs } from "@pulumi/aws/secretsmanager/secret";
import { type Cell, cellTable } from "pulumi-resistant-tenants";

import type { SecretCustody } from "../configuration/secrets";

/** The inputs of a secret for its key, its readers, its replicas and its recovery window. */
export type SecretProtection = Pick<SecretArgs, "kmsKeyId" | "policy" | "replicas" | "recoveryWindowInDays">;

/** Returns these inputs for a cell's secret. Settings that were not given are omitted. */
export function toProtection(
  { kmsKeyId, readerRoleArns, replicateFrom, replicaKmsKeyId, recoveryWindowInDays }: SecretCustody,
  cell: Cell,
): SecretProtection {
  const { awsRegion } = cellTable[cell];
  const isReplicated = replicateFrom !== undefined && replicateFrom !== awsRegion;
  return {
    recoveryWindowInDays,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(readerRoleArns === undefined ? {} : { policy: readerPolicy(readerRoleArns) }),
    ...(isReplicated
      ? {
          replicas: [
            {
              region: awsRegion,
              ...(replicaKmsKeyId === undefined ? {} : { kmsKeyId: replicaKmsKeyId }),
            },
          ],
        }
      : {}),
  };
}

/**
 * Writes the resource policy that lets these roles read a secret, and denies it to all others in its account.
 * It names them by `aws:PrincipalArn`, not as principals: AWS refuses a principal that does not exist yet,
 * and one that is deleted and created again would silently no longer match.
 *
 * @see {@link
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
 * AWS, aws:PrincipalArn}
 */
export function readerPolicy(roleArns: readonly string[]): string {
  // AWS's provider treats an absent or empty policy as "unchanged", and this one as none.
  if (roleArns.length === 0) return "{}";
  const reading = { Principal: { AWS: "*" }, Action: "secretsmanager:GetSecretValue", Resource: "*" };
  const roles = { "aws:PrincipalArn": roleArns };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "ReadByNamedRoles", Effect: "Allow", ...reading, Condition: { ArnEquals: roles } },
      { Sid: "ReadByNobodyElse", Effect: "Deny", ...reading, Condition: { ArnNotEquals: roles } },
    ],
  });
}
