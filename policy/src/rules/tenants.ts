import { tenantType } from "pulumi-resistant-tenants/internal/operator";
import { z } from "zod";

import type { Rule } from "../resource";

/** Each tenant is protected, unless its customer is deprecated. */
export const protectedTenants: Rule = ({ type, name, opts }, { customers }) => {
  if (type !== tenantType || opts.protect || customers.get(name)?.isDeprecated === true) return [];
  return [
    `Tenant "${name}" is not protected: add the option \`protect: true\`. To delete a customer, set ` +
      "`status: deprecated` in its entry in tenants:customers.",
  ];
};

const propsSchema = z.object({ allowReplace: z.boolean().optional() });

/** No tenant may be replaced: that deletes the customer's documents in it. */
export const noAllowReplace: Rule = ({ type, name, props }) =>
  type === tenantType && propsSchema.parse(props).allowReplace === true
    ? [
        `Tenant "${name}" has allowReplace: a change of its name or cells would delete everything the customer has ` +
          "in it. Remove it; create a second tenant and move the customer instead.",
      ]
    : [];
