import { z } from "zod";

import { isApplicationSecret, type Rule } from "../resource";

const propsSchema = z.object({ policy: z.string().optional() });

/** The account in every ARN of a role or a user in a resource policy, including wildcards. */
const accountsInArns = /arn:aws[a-z-]*:(?:iam|sts)::([^:"]*):/gi;
/** A whole account, as AWS reads it in a principal. */
const wholeAccounts = /"(\d{12})"/g;

/** Each reader of a secret is a role in an allowed account. */
export const readerAccounts: Rule = (resource, { policyConfig: { accounts: allowed } }) => {
  if (!isApplicationSecret(resource)) return [];
  const { policy = "" } = propsSchema.parse(resource.props);
  const found = [accountsInArns, wholeAccounts].flatMap((pattern) => [...policy.matchAll(pattern)]);
  const named = new Set(found.map(([, account = ""]) => account));
  return [...named]
    .filter((account) => !allowed.includes(account))
    .map(
      (account) =>
        `Secret "${resource.name}" can be read by a role of AWS account ${account}, which is not an allowed account: ` +
        "remove it from `readerRoleArns`, or add the account to the configuration of the policy `reader-accounts`.",
    );
};
