import { z } from "zod";

import { isApplicationSecret, type Rule } from "../resource";

const remedies = {
  owner: "give the customer an `owner`, or set a default: pulumi config set tenants:owner <team>",
  customerId: "give the customer its `customerId` in tenants:customers",
};

const taggedSchema = z.object({
  tags: z.object({ owner: z.string().optional(), customerId: z.string().optional() }).default({}),
});

/** Each secret names its owner and customer. */
export const ownerAndCustomerId: Rule = (resource) => {
  if (!isApplicationSecret(resource)) return [];
  const { tags } = taggedSchema.parse(resource.props);
  return (["owner", "customerId"] as const)
    .filter((tag) => (tags[tag] ?? "").trim() === "")
    .map((tag) => `Secret "${resource.name}" has no tag "${tag}": ${remedies[tag]}.`);
};

const encryptedSchema = z.object({ kmsKeyId: z.string().optional() });

/** AWS's own keys, which every role of the account may use: by alias, or by the alias's ARN. */
const awsManagedKey = /(?:^|:)alias\/aws\//i;

/** Each secret is encrypted with a key of your own. */
export const customerManagedKey: Rule = (resource) => {
  if (!isApplicationSecret(resource)) return [];
  const { kmsKeyId = "" } = encryptedSchema.parse(resource.props);
  if (kmsKeyId !== "" && !awsManagedKey.test(kmsKeyId)) return [];
  return [
    `Secret "${resource.name}" is encrypted with AWS's own key: set \`kmsKeyId\` in tenants:secrets, or in ` +
      "`secrets` of the customer, to a customer-managed key.",
  ];
};

const readableSchema = z.object({ policy: z.string().optional() });

/** The account in every ARN of a role or a user in a resource policy, including wildcards. */
const accountsInArns = /arn:aws[a-z-]*:(?:iam|sts)::([^:"]*):/gi;
/** A whole account, as AWS reads it in a principal. */
const wholeAccounts = /"(\d{12})"/g;

/** Each reader of a secret is a role in an allowed account. */
export const readerAccounts: Rule = (resource, { policyConfig: { accounts: allowed } }) => {
  if (!isApplicationSecret(resource)) return [];
  const { policy = "" } = readableSchema.parse(resource.props);
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

/** Without a window AWS keeps a deleted secret for 30 days. */
const restorableSchema = z.object({ recoveryWindowInDays: z.coerce.number().default(30) });

/** Each deleted secret can be restored for some days. */
export const recoveryWindow: Rule = (resource, { policyConfig: { minDays } }) => {
  if (!isApplicationSecret(resource)) return [];
  const { recoveryWindowInDays } = restorableSchema.parse(resource.props);
  if (recoveryWindowInDays >= minDays) return [];
  return [
    `Secret "${resource.name}" can be restored for ${recoveryWindowInDays} days after its deletion, but ${minDays} are required: ` +
      "raise `recoveryWindowInDays` in tenants:secrets, or in the customer's `secrets`.",
  ];
};
