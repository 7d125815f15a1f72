import * as pulumi from "@pulumi/pulumi";
import { describeProblems } from "pulumi-resistant-tenants/settings";

import { readConfiguration, type StackConfiguration } from "./configuration.js";
import { Customer, type CustomerArgs } from "./customer.js";
import { type StackOutputs, toOutputs } from "./outputs.js";

/**
 * The stack's program: configuration, customers, outputs.
 *
 * @throws `pulumi.RunError` with everything that is wrong with the configuration, before anything is created
 */
export function program(): Promise<StackOutputs> {
  const { settings, secretPrefix, customers } = configurationOfStack();
  return Promise.resolve(
    toOutputs(
      customers.map((configuration) => {
        const args: CustomerArgs = { ...configuration, stage: settings.stage, secretPrefix };
        return { args, customer: new Customer(args) };
      }),
    ),
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
  if ("problems" in read) throw new pulumi.RunError(describeProblems(read.problems));
  return read.configuration;
}
