import * as pulumi from "@pulumi/pulumi";
import { assertStackEnvironment, refusal } from "pulumi-resistant-tenants/guards";
import { describeProblems } from "pulumi-resistant-tenants/settings";

import { readConfiguration, type StackConfiguration } from "./configuration";
import { Customer, type CustomerArgs } from "./customer";
import { assertNothingActiveIsRemoved } from "./removal-guard";
import { type StackOutputs, toOutputs } from "./outputs";

/**
 * The stack's program: configuration, customers, outputs.
 *
 * @throws `pulumi.RunError` with everything that is wrong with the configuration, before anything is created
 */
export async function program(): Promise<StackOutputs> {
  const { settings, secretPrefix, customers } = configurationOfStack();
  await assertStackEnvironment();
  await assertNothingActiveIsRemoved(customers);
  return toOutputs(
    customers.map((configuration) => {
      const args: CustomerArgs = { ...configuration, stage: settings.stage, secretPrefix };
      return { args, customer: new Customer(args) };
    }),
  );
}

function configurationOfStack(): StackConfiguration {
  const prefix = "tenants:";
  const values = new Map(
    Object.entries(pulumi.runtime.allConfig()).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );
  const read = readConfiguration(values);
  if ("problems" in read) throw refusal(describeProblems(read.problems));
  return read.configuration;
}
