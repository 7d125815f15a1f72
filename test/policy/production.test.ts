import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";

import { parse } from "yaml";
import { z } from "zod";

import { policyConfigSchema } from "../../policy/src/policy-config";
import type { StackRule } from "../../policy/src/resource";
import { awsAccount } from "../../policy/src/rules/aws-account";
import * as rules from "../../policy/src/rules/stack-settings";
import { readCustomers } from "../../policy/src/stack-configuration";
import { cells } from "../../provider/src/client/cells";

const root = path.resolve(__dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

const policies = z.record(z.string(), z.looseObject({})).parse(JSON.parse(read("policy/production.json")));
const template = z
  .object({ secretsprovider: z.string(), config: z.record(z.string(), z.unknown()) })
  .parse(parse(read("Pulumi.prod.yaml")));

/** The engine passes each value as text. */
const valueOf = (key: string): string | undefined => {
  const value = template.config[key];
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
};

describe("policy/production.json", () => {
  it("allows every cell", () => {
    assert.deepEqual(policies["allowed-cells"]?.["cells"], cells);
  });

  const stackRules: Record<string, StackRule> = {
    "no-replace-lost-applications": rules.noReplaceLostApplications,
    "vendor-hosts": rules.vendorHosts,
    "aws-account": awsAccount,
    journal: rules.journal,
    "audit-log-group": rules.auditLogGroup,
    "secrets-provider": rules.secretsProvider,
  };
  for (const [name, rule] of Object.entries(stackRules)) {
    it(`is met by Pulumi.prod.yaml: ${name}`, () => {
      const setting = (key: string): string | undefined => valueOf(`tenants:${key}`);
      const problems = rule({
        customers: readCustomers(setting, []),
        setting,
        awsSetting: (key) => valueOf(`aws:${key}`),
        allowedHosts: [],
        policyConfig: policyConfigSchema.parse(policies[name] ?? {}),
        secretsProvider: template.secretsprovider,
        now: new Date(),
      });
      assert.deepEqual(problems, []);
    });
  }
});
