import { readSettings } from "pulumi-resistant-tenants/internal/settings";

import type { StackRule } from "../resource";

/** The paths of the problems that this rule reports: settings to which tokens and secrets go. */
const judged = /^(?:tenants:(?:apiUrl|tokenUrl)$|aws:|TENANTS_ALLOWED_HOSTS)/;

/** Each host in the configuration is one of the vendor's for the stage, or allowed by the environment. */
export const vendorHosts: StackRule = ({ setting, awsSetting, allowedHosts }) => {
  const read = readSettings(setting, { allowedHosts, aws: awsSetting });
  if ("settings" in read) return [];
  return read.problems
    .filter(({ path }) => judged.test(path))
    .map(({ path, problem }) => `${path} ${problem}.`);
};
