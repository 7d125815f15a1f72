import { dayMs } from "pulumi-resistant-tenants/internal/clock";
import { tenantApplicationType } from "pulumi-resistant-tenants/internal/operator";
import {
  defaultAuthMethod,
  hasSecret,
  readApplicationName,
} from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { DeclaredRotation, Rule } from "../resource";

const propsSchema = z.object({ authMethod: z.string().default(defaultAuthMethod) });

/** Each client secret is rotated before it is too old. */
export const rotatedClientSecrets: Rule = (
  { type, name, props },
  { customers, policyConfig: { maxDays }, now },
) => {
  if (type !== tenantApplicationType || !hasSecret(propsSchema.parse(props).authMethod)) return [];
  const { customer: customerName = "", cell = "", purpose = "" } = readApplicationName(name) ?? {};
  const customer = customers.get(customerName);
  const slot = `${cell}/${purpose}`;
  // If a key is declared, this is the previous generation, which is retiring.
  if (customer?.hasClientSecret(slot) === false) return [];
  const rotation = customer?.rotationOf(slot);
  if (rotation === undefined) {
    return [
      `Application "${name}" has a client secret that is never rotated: set \`rotation\` (such as every: 90d) for the ` +
        "application in tenants:customers, or for all in tenants:rotation; or use a key (authMethod: RSA or EC).",
    ];
  }
  if (isRotatedWithin(rotation, maxDays * dayMs, now.getTime())) return [];
  return [
    `Application "${name}" has a client secret that may become older than ${maxDays} days: set \`every\` to at most ` +
      `${maxDays}d in its \`rotation\`, or a date within ${maxDays} days in \`rotateAt\`.`,
  ];
};

/** Returns whether the age or a future date renews the credentials in time. */
function isRotatedWithin({ everyMs, atMs }: DeclaredRotation, limitMs: number, nowMs: number): boolean {
  if (everyMs !== undefined && everyMs <= limitMs) return true;
  return atMs.some((ms) => ms >= nowMs && ms <= nowMs + limitMs);
}
