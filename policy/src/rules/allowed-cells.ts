import { tenantApplicationType, tenantType } from "pulumi-resistant-tenants/internal/operator";
import { z } from "zod";

import type { Rule } from "../resource";

const cellsSchema = z.array(z.string()).default([]);
const propsSchema = z.object({
  /** An application's cell. */
  cell: z.string().optional(),
  /** A tenant's cells with a Web UI. */
  cells: cellsSchema,
  initialCells: cellsSchema,
});

/** Applications and Web UIs are only in allowed cells. */
export const allowedCells: Rule = ({ type, name, props }, { policyConfig: { cells: allowed } }) => {
  if (type !== tenantType && type !== tenantApplicationType) return [];
  const { cell, cells, initialCells } = propsSchema.parse(props);
  const used = new Set([...(cell === undefined ? [] : [cell]), ...cells, ...initialCells]);
  return [...used]
    .filter((one) => !allowed.includes(one))
    .map(
      (one) =>
        `${type === tenantType ? "Tenant" : "Application"} "${name}" is in cell ${one}, but only ${allowed.join(", ")} ` +
        "are allowed: use one of them, or add the cell to the list of the policy `allowed-cells`.",
    );
};
