import { z } from "zod";

import { isApplicationSecret, type Rule } from "../resource";

const propsSchema = z.object({ kmsKeyId: z.string().optional() });

/** AWS's own keys, which every role of the account may use: by alias, or by the alias's ARN. */
const awsManagedKey = /(?:^|:)alias\/aws\//i;

/** Each secret is encrypted with a key of your own. */
export const customerManagedKey: Rule = (resource) => {
  if (!isApplicationSecret(resource)) return [];
  const { kmsKeyId = "" } = propsSchema.parse(resource.props);
  if (kmsKeyId !== "" && !awsManagedKey.test(kmsKeyId)) return [];
  return [
    `Secret "${resource.name}" is encrypted with AWS's own key: set \`kmsKeyId\` in tenants:secrets, or in ` +
      "`secrets` of the customer, to a customer-managed key.",
  ];
};
