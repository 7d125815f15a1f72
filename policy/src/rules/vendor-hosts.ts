import { readSettings } from "pulumi-resistant-tenants/internal/settings";

import type { StackRule } from "../resource";

/** Where tokens and secrets go: the paths of the problems that this rule reports. */
const judged = /^(?:tenants:(?:apiUrl|tokenUrl)$|aws:|TENANTS_ALLOWED_HOSTS)/;

/** Each host in the configuration is the vendor's of the stage, or one that the environment allows. */
export const vendorHosts: StackRule = ({ setting, awsSetting, allowedHosts }) => {
  const read = readSettings(setting, { allowedHosts, aws: awsSetting });
  if ("settings" in read) return [];
  return read.problems
    .filter(({ path }) => judged.test(path))
    .map(({ path, problem }) => `${path} ${problem}.`);
};
