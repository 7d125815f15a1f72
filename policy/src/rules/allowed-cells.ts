import { tenantApplicationType, tenantType } from "pulumi-resistant-tenants/internal/operator";
import { z } from "zod";

import type { Rule } from "../resource";

const cellsSchema = z.array(z.string()).default([]);
const propsSchema = z.object({
  /** Of an application. */
  cell: z.string().optional(),
  /** Of a tenant: where its Web UI is. */
  cells: cellsSchema,
  initialCells: cellsSchema,
});

/** Nothing is in a cell outside the allowed list. */
export const allowedCells: Rule = ({ type, name, props }, { policyConfig: { cells: allowed } }) => {
  if (type !== tenantType && type !== tenantApplicationType) return [];
  const { cell, cells, initialCells } = propsSchema.parse(props);
  const used = new Set([...(cell === undefined ? [] : [cell]), ...cells, ...initialCells]);
  return [...used]
    .filter((one) => !allowed.includes(one))
    .map(
      (one) =>
        `${type === tenantType ? "Tenant" : "Application"} "${name}" is in cell ${one}, and only ${allowed.join(", ")} ` +
        "are allowed: use one of them, or have the list of the policy `allowed-cells` changed.",
    );
};
