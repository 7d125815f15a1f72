import { z } from "zod";

import { isApplicationSecret, type Rule } from "../resource";

const remedies = {
  owner: "give the customer an `owner`, or set a default: pulumi config set tenants:owner <team>",
  customerId: "give the customer its `customerId` in tenants:customers",
};

const propsSchema = z.object({
  tags: z.object({ owner: z.string().optional(), customerId: z.string().optional() }).default({}),
});

/** Each secret names its owner and customer. */
export const ownerAndCustomerId: Rule = (resource) => {
  if (!isApplicationSecret(resource)) return [];
  const { tags } = propsSchema.parse(resource.props);
  return (["owner", "customerId"] as const)
    .filter((tag) => (tags[tag] ?? "").trim() === "")
    .map((tag) => `Secret "${resource.name}" has no tag "${tag}": ${remedies[tag]}.`);
};
