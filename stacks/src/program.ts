import * as pulumi from "@pulumi/pulumi";
import { assertStackEnvironment, refusal } from "pulumi-resistant-tenants/guards";
import { describeProblems } from "pulumi-resistant-tenants/settings";

import { assertAdoptedApplicationsHaveTenants } from "./adoption-guard";
import { readConfiguration, type StackConfiguration } from "./configuration";
import { Customer, type CustomerArgs } from "./customer";
import { assertChangesHaveReason } from "./reason-guard";
import { assertNothingActiveIsRemoved } from "./removal-guard";
import { freeSecretNames } from "./secret-names";
import { type StackOutputs, toOutputs } from "./outputs";

/**
 * The stack's program: configuration, customers, outputs.
 *
 * @throws `pulumi.RunError` with everything that is wrong with the configuration, before anything is created
 */
export async function program(): Promise<StackOutputs> {
  const { settings, secretPrefix, quota, customers } = configurationOfStack();
  await warnOfQuota(customers.length, quota);
  await assertStackEnvironment();
  await assertNothingActiveIsRemoved(customers);
  await assertChangesHaveReason(settings, customers);
  await assertAdoptedApplicationsHaveTenants(customers);
  const all: CustomerArgs[] = customers.map((configuration) => ({
    ...configuration,
    stage: settings.stage,
    secretPrefix,
  }));
  await freeSecretNames(all);
  return toOutputs(all.map((args) => ({ args, customer: new Customer(args) })));
}

/** The API tells its quota to nobody, and refuses the create that goes past it. */
async function warnOfQuota(declared: number, quota: number): Promise<void> {
  if (declared <= quota) return;
  await pulumi.log.warn(
    `${declared} customers are declared, and the organization's quota is ${quota} tenants (tenants:quota): the vendor will most likely refuse the rest. ` +
      "Ask the vendor to raise the quota, then run `pulumi config set tenants:quota <number>`.",
  );
}

function configurationOfStack(): StackConfiguration {
  const prefix = "tenants:";
  const all = pulumi.runtime.allConfig();
  const values = new Map(
    Object.entries(all).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );
  const read = readConfiguration(values, all["aws:region"]);
  if ("problems" in read) throw refusal(describeProblems(read.problems));
  return read.configuration;
}
