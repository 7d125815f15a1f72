import { allowedHostsIn, describeProblems } from "pulumi-resistant-tenants/internal/settings";
import type { StackConfiguration } from "resistant-tenants-stacks/configuration";

import type { Stack } from "../stack/stack";

/**
 * Reads the configuration of a stack as its program does, including the files of `customersFrom`.
 *
 * @throws with all problems of the configuration
 */
export async function configurationOf({
  configuration,
  awsRegion,
  directory,
  environment,
}: Stack): Promise<StackConfiguration> {
  // The program's package is slow to load.
  const { readConfiguration } = await import("resistant-tenants-stacks/configuration");
  const { readCustomerFiles } = await import("resistant-tenants-stacks/customer-files");
  const { projectFolder } = await import("resistant-tenants-stacks/stack-file");
  const read = readConfiguration(configuration, {
    awsRegion,
    allowedHosts: allowedHostsIn(environment),
    readFiles: (pattern) => readCustomerFiles(pattern, projectFolder(directory)),
  });
  if ("problems" in read) throw new Error(describeProblems(read.problems));
  return read.configuration;
}
