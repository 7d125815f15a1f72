import { tenantApplicationType, tenantType } from "pulumi-resistant-tenants/internal/operator";
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

const replacePropsSchema = z.object({ allowReplace: z.boolean().optional() });

/** No tenant may be replaced: that deletes the customer's documents in it. */
export const noAllowReplace: Rule = ({ type, name, props }) =>
  type === tenantType && replacePropsSchema.parse(props).allowReplace === true
    ? [
        `Tenant "${name}" has allowReplace: a change of its name or cells would delete everything the customer has ` +
          "in it. Remove it; create a second tenant and move the customer instead.",
      ]
    : [];

const cellsSchema = z.array(z.string()).default([]);
const cellPropsSchema = z.object({
  /** An application's cell. */
  cell: z.string().optional(),
  /** A tenant's cells with a Web UI. */
  cells: cellsSchema,
  initialCells: cellsSchema,
});

/** Applications and Web UIs are only in allowed cells. */
export const allowedCells: Rule = ({ type, name, props }, { policyConfig: { cells: allowed } }) => {
  if (type !== tenantType && type !== tenantApplicationType) return [];
  const { cell, cells, initialCells } = cellPropsSchema.parse(props);
  const used = new Set([...(cell === undefined ? [] : [cell]), ...cells, ...initialCells]);
  return [...used]
    .filter((one) => !allowed.includes(one))
    .map(
      (one) =>
        `${type === tenantType ? "Tenant" : "Application"} "${name}" is in cell ${one}, but only ${allowed.join(", ")} ` +
        "are allowed: use one of them, or add the cell to the list of the policy `allowed-cells`.",
    );
};
