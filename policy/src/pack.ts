import { PolicyPack, type ResourceValidationArgs, type ResourceValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { ownProcess } from "pulumi-resistant-tenants/internal/own-process";
import { allowedHostsIn } from "pulumi-resistant-tenants/internal/settings";
import { readCustomerFiles } from "resistant-tenants-stacks/customer-files";

import { policyConfigSchema, policyConfigSchemas } from "./policy-config";
import type { DeclaredCustomer, Rule, RuleContext, StackRule } from "./resource";
import { awsAccount } from "./rules/aws-account";
import { rotatedClientSecrets } from "./rules/rotated-client-secrets";
import { customerManagedKey, ownerAndCustomerId, readerAccounts, recoveryWindow } from "./rules/secrets";
import {
  auditLogGroup,
  journal,
  noReplaceLostApplications,
  secretsProvider,
  vendorHosts,
} from "./rules/stack-settings";
import { allowedCells, noAllowReplace, protectedTenants } from "./rules/tenants";
import { isProtected, readCustomers } from "./stack-configuration";
import { findProjectFolder, findSecretsProvider } from "./stack-file";

/** The engine passes the stack's configuration to a pack. */
const setting = (key: string): string | undefined => new pulumi.Config("tenants").get(key);

let customers: ReadonlyMap<string, DeclaredCustomer> | undefined;

/** The customers of the stack, including the files of `customersFrom`. A pack's process checks one update. */
function customersOfStack(): ReadonlyMap<string, DeclaredCustomer> {
  if (customers !== undefined) return customers;
  const pattern = setting("customersFrom");
  const folder =
    pattern === undefined ? undefined : findProjectFolder(pulumi.getProject(), ownProcess().environment);
  // The program reports problems of the files.
  const entries =
    pattern === undefined || folder === undefined ? [] : readCustomerFiles(pattern, folder).entries;
  customers = readCustomers(
    setting,
    entries.map(({ value }) => value),
  );
  return customers;
}

function contextOf(args: ResourceValidationArgs): RuleContext {
  const { environment } = ownProcess();
  return {
    customers: customersOfStack(),
    setting,
    awsSetting: (key) => new pulumi.Config("aws").get(key),
    allowedHosts: allowedHostsIn(environment),
    policyConfig: policyConfigSchema.parse(args.getConfig()),
    // Only one rule asks for it, and the file may be large.
    get secretsProvider() {
      return findSecretsProvider(pulumi.getProject(), pulumi.getStack(), environment);
    },
    now: new Date(),
  };
}

/**
 * @param isOfEveryStage default: the rule applies only to protected stages; a stack of the stage testing is
 * not restricted
 */
function policy(
  name: string,
  description: string,
  rule: Rule,
  isOfEveryStage = false,
): ResourceValidationPolicy {
  const configSchema = policyConfigSchemas[name as keyof typeof policyConfigSchemas] as
    ResourceValidationPolicy["configSchema"] | undefined;
  return {
    name,
    description,
    ...(configSchema === undefined ? {} : { configSchema }),
    validateResource: (args, reportViolation) => {
      if (!isOfEveryStage && !isProtected(setting)) return;
      for (const violation of rule(args, contextOf(args))) reportViolation(violation);
    },
  };
}

/** Checks the stack's configuration once: at the stack itself, which the engine registers first. */
function stackPolicy(
  name: string,
  description: string,
  rule: StackRule,
  isOfEveryStage = false,
): ResourceValidationPolicy {
  const ofStack: Rule = ({ type }, context) => (type === "pulumi:pulumi:Stack" ? rule(context) : []);
  return policy(name, description, ofStack, isOfEveryStage);
}

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
    policy("reader-accounts", "Each reader of a secret is a role in an allowed account.", readerAccounts),
    policy("recovery-window", "Each deleted secret can be restored for some days.", recoveryWindow),
    policy(
      "rotated-client-secrets",
      "Each client secret is rotated before it is too old.",
      rotatedClientSecrets,
    ),
    policy("allowed-cells", "Nothing is in a cell outside the allowed list.", allowedCells),
    policy("no-allow-replace", "No tenant has allowReplace.", noAllowReplace),
    stackPolicy(
      "no-replace-lost-applications",
      "Lost applications are replaced only by hand.",
      noReplaceLostApplications,
    ),
    // In every stage: a stack that claims to be testing could otherwise reach production's hosts.
    stackPolicy("vendor-hosts", "Tokens and secrets go only to the stage's hosts.", vendorHosts, true),
    stackPolicy("aws-account", "Secrets are stored in an allowed AWS account.", awsAccount),
    stackPolicy("journal", "The journal is stored in an allowed location.", journal),
    stackPolicy("audit-log-group", "Each event is copied to CloudWatch Logs.", auditLogGroup),
    stackPolicy("secrets-provider", "The state's secrets are encrypted by a key service.", secretsProvider),
  ],
});
