import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import { connect } from "pulumi-resistant-tenants/internal/operator";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readReach } from "pulumi-resistant-tenants/internal/reach";
import { describeProblems, readSettings } from "pulumi-resistant-tenants/internal/settings";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ServiceSettings } from "../settings/settings";

/**
 * Connects to the vendor's API of a stage, with the organization's credentials, as the stage's stacks do.
 *
 * @throws where the stage's configuration is wrong
 */
export async function connectTo(
  { stages, work }: ServiceSettings,
  stage: Stage,
  environment: EnvironmentVariables,
): Promise<TenantManagementApi> {
  const { configuration = {}, allowedHosts = [] } = stages[stage] ?? {};
  const all: Record<string, unknown> = {
    ...configuration,
    "tenants:stage": stage,
    "tenants:journal": work.journal,
  };
  const get = (key: string): string | undefined => {
    const value = all[key];
    return value === undefined || value === null || typeof value === "string"
      ? (value ?? undefined)
      : JSON.stringify(value);
  };
  const read = readSettings((key) => get(`tenants:${key}`), {
    allowedHosts,
    aws: (key) => get(`aws:${key}`),
  });
  if ("problems" in read) throw new Error(describeProblems(read.problems));
  const reach = readReach(environment, (key) => get(`aws:${key}`));
  return connect(read.settings, reach, environment);
}
