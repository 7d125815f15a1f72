import { tenantType } from "pulumi-resistant-tenants/internal/operator";

import type { Rule } from "../resource";

/** Each tenant is protected, unless its customer is deprecated. */
export const protectedTenants: Rule = ({ type, name, opts }, { customers }) => {
  if (type !== tenantType || opts.protect || customers.get(name)?.isDeprecated === true) return [];
  return [
    `Tenant "${name}" is not protected: add the option \`protect: true\`. To delete a customer, set ` +
      "`status: deprecated` in its entry in tenants:customers.",
  ];
};
