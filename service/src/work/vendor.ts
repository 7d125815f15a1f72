import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import { connect } from "pulumi-resistant-tenants/internal/operator";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readReach } from "pulumi-resistant-tenants/internal/reach";
import { describeProblems, readSettings } from "pulumi-resistant-tenants/internal/settings";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ServiceSettings } from "../settings/settings";
import { configurationOf, textIn } from "../settings/stage-configuration";

/** Returns access to AWS for a stage, as its stacks have it. */
export function awsOf(
  { stages }: Pick<ServiceSettings, "stages">,
  stage: Stage,
  environment: EnvironmentVariables,
): ReturnType<typeof readReach>["aws"] {
  const { configuration = {} } = stages[stage] ?? {};
  return readReach(environment, (key) => textIn(configuration, `aws:${key}`)).aws;
}

/**
 * Connects to the vendor's API of a stage, with the organization's credentials, as the stage's stacks do.
 *
 * @throws if the stage's configuration is wrong
 */
export async function connectTo(
  settings: ServiceSettings,
  stage: Stage,
  environment: EnvironmentVariables,
): Promise<TenantManagementApi> {
  const { texts, values, context } = configurationOf(settings, stage, []);
  const read = readSettings((key) => values.get(key), context);
  if ("problems" in read) throw new Error(describeProblems(read.problems));
  const reach = readReach(environment, (key) => texts[`aws:${key}`]);
  return connect(read.settings, reach, environment);
}
