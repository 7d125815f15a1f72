import { PolicyPack, type ResourceValidationArgs, type ResourceValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { cells } from "pulumi-resistant-tenants/client";
import { z } from "zod";

import type { Rule } from "./resource";
import { allowedCells } from "./rules/allowed-cells";
import { customerManagedKey } from "./rules/customer-managed-key";
import { noAllowReplace } from "./rules/no-allow-replace";
import { ownerAndCustomerId } from "./rules/owner-and-customer-id";
import { protectedTenants } from "./rules/protected-tenants";
import { rotatedClientSecrets } from "./rules/rotated-client-secrets";
import { isProduction, readCustomers } from "./stack-configuration";

const policyConfigSchema = z.object({ cells: z.array(z.string()).default([...cells]) });

/** The engine gives a pack the configuration of the stack that it judges. */
const stackValue = (key: string): string | undefined => new pulumi.Config("tenants").get(key);

function policy(name: string, description: string, rule: Rule): ResourceValidationPolicy {
  return {
    name,
    description,
    validateResource: (args: ResourceValidationArgs, reportViolation) => {
      // A stack of the stage testing may do as it likes.
      if (!isProduction(stackValue)) return;
      const context = {
        customers: readCustomers(stackValue),
        allowedCells: policyConfigSchema.parse(args.getConfig()).cells,
      };
      for (const violation of rule(args, context)) reportViolation(violation);
    },
  };
}

const cellsConfig: ResourceValidationPolicy["configSchema"] = {
  properties: { cells: { type: "array", items: { type: "string", enum: [...cells] }, default: [...cells] } },
};

new PolicyPack("resistant-tenants", {
  enforcementLevel: "mandatory",
  policies: [
    policy(
      "owner-and-customer-id",
      "Each secret is tagged with the customer's owner and id.",
      ownerAndCustomerId,
    ),
    policy(
      "protected-tenants",
      "Each tenant is protected, unless its customer is deprecated.",
      protectedTenants,
    ),
    policy(
      "customer-managed-key",
      "Each secret is encrypted with a customer-managed key.",
      customerManagedKey,
    ),
    policy("rotated-client-secrets", "Each client secret has a rotation.", rotatedClientSecrets),
    {
      ...policy("allowed-cells", "Nothing is in a cell outside the allowed list.", allowedCells),
      configSchema: cellsConfig,
    },
    policy("no-allow-replace", "No tenant has allowReplace.", noAllowReplace),
  ],
});
