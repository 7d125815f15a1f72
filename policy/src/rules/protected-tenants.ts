import { tenantType } from "pulumi-resistant-tenants/internal/operator";

import type { Rule } from "../resource";

/** Each tenant is protected, unless its customer is on its way out. */
export const protectedTenants: Rule = ({ type, name, opts }, { customers }) => {
  if (type !== tenantType || opts.protect || customers.get(name)?.isDeprecated === true) return [];
  return [
    `Tenant "${name}" is not protected: give it the option \`protect: true\`. To let a customer go, set ` +
      "`status: deprecated` in its entry of tenants:customers.",
  ];
};
