import { parseJson } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { StackRule } from "../resource";

/** The keys of the namespace `aws` by which a stack's file chooses AWS credentials. */
const identityKeys = [
  "accessKey",
  "assumeRole",
  "assumeRoles",
  "assumeRoleWithWebIdentity",
  "profile",
  "secretKey",
  "sharedConfigFiles",
  "sharedCredentialsFiles",
  "token",
];

const accountList = z.array(z.string().regex(/^\d{12}$/)).min(1);

/**
 * A stack's file that chooses AWS credentials must restrict them to an allowed account: otherwise secrets
 * could go to another one. The AWS provider itself refuses an account that `aws:allowedAccountIds` does not
 * list.
 *
 * @see {@link https://www.pulumi.com/registry/packages/aws/api-docs/provider/ allowedAccountIds}
 */
export const awsAccount: StackRule = ({ awsSetting, policyConfig: { accounts: allowed } }) => {
  const chosen = identityKeys.filter((key) => !["", "[]", "{}"].includes(awsSetting(key)?.trim() ?? ""));
  if (chosen.length === 0) return [];
  const named = accountList.safeParse(parseJson(awsSetting("allowedAccountIds") ?? "")).data;
  if (named?.every((account) => allowed.includes(account)) === true) return [];
  const keys = chosen.map((key) => `aws:${key}`).join(", ");
  const accounts = allowed.length === 0 ? "none is allowed yet" : `allowed are ${allowed.join(", ")}`;
  return [
    `The stack's file chooses the AWS credentials (${keys}), so secrets could go to another account: ` +
      `remove that and set the credentials in the environment, or set aws:allowedAccountIds to accounts of the list \`accounts\` in the configuration of the policy \`aws-account\` (${accounts}).`,
  ];
};
