import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import { connect } from "pulumi-resistant-tenants/internal/operator";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readReach } from "pulumi-resistant-tenants/internal/reach";
import { describeProblems, readSettings } from "pulumi-resistant-tenants/internal/settings";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ServiceSettings } from "../settings/settings";
import { hostsOf, textOf } from "../settings/stage-configuration";

/** Returns access to AWS for a stage, as its stacks have it. */
export function awsOf(
  { stages }: Pick<ServiceSettings, "stages">,
  stage: Stage,
  environment: EnvironmentVariables,
): ReturnType<typeof readReach>["aws"] {
  const { configuration = {} } = stages[stage] ?? {};
  return readReach(environment, (key) => textIn(configuration, `aws:${key}`)).aws;
}

function textIn(configuration: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = configuration[key];
  return value === undefined ? undefined : textOf(value);
}

/**
 * Connects to the vendor's API of a stage, with the organization's credentials, as the stage's stacks do.
 *
 * @throws if the stage's configuration is wrong
 */
export async function connectTo(
  { stages, work }: ServiceSettings,
  stage: Stage,
  environment: EnvironmentVariables,
): Promise<TenantManagementApi> {
  const { configuration = {}, allowedHosts = [] } = stages[stage] ?? {};
  const all = {
    ...configuration,
    "tenants:stage": stage,
    "tenants:journal": work.journal,
  };
  const get = (key: string): string | undefined => textIn(all, key);
  const read = readSettings((key) => get(`tenants:${key}`), {
    allowedHosts: hostsOf(allowedHosts),
    aws: (key) => get(`aws:${key}`),
  });
  if ("problems" in read) throw new Error(describeProblems(read.problems));
  const reach = readReach(environment, (key) => get(`aws:${key}`));
  return connect(read.settings, reach, environment);
}
