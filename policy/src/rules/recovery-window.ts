import { z } from "zod";

import { isApplicationSecret, type Rule } from "../resource";

/** Without a window AWS keeps a deleted secret for 30 days. */
const propsSchema = z.object({ recoveryWindowInDays: z.coerce.number().default(30) });

/** Each deleted secret can be restored for some days. */
export const recoveryWindow: Rule = (resource, { policyConfig: { minDays } }) => {
  if (!isApplicationSecret(resource)) return [];
  const { recoveryWindowInDays } = propsSchema.parse(resource.props);
  if (recoveryWindowInDays >= minDays) return [];
  return [
    `Secret "${resource.name}" can be restored for ${recoveryWindowInDays} days after its deletion, but ${minDays} are required: ` +
      "raise `recoveryWindowInDays` in tenants:secrets, or in the customer's `secrets`.",
  ];
};
