import { tenantApplicationType } from "pulumi-resistant-tenants/operator";
import { z } from "zod";

import type { Rule } from "../resource";

const propsSchema = z.object({ authMethod: z.string().default("CLIENT_SECRET") });

/** Each client secret has a rotation. */
export const rotatedClientSecrets: Rule = ({ type, name, props }, { customers }) => {
  if (type !== tenantApplicationType || propsSchema.parse(props).authMethod !== "CLIENT_SECRET") return [];
  // A later generation has its number behind the slot.
  const [customerName = "", cell = "", purpose = ""] = name.split("/");
  const customer = customers.get(customerName);
  const slot = `${cell}/${purpose}`;
  // Where a key is declared, this is the generation before it, on its way out.
  if (customer !== undefined && (customer.isRotated(slot) || !customer.hasClientSecret(slot))) return [];
  return [
    `Application "${name}" has a client secret that is never rotated: set \`rotation\` (such as every: 90d) of the ` +
      "application in tenants:customers, or of all in tenants:rotation; or use a key (authMethod: RSA or EC).",
  ];
};
