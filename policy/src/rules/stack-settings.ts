import path from "node:path";

import { readSettings } from "pulumi-resistant-tenants/internal/settings";

import type { StackRule } from "../resource";

/** The journal is stored in an allowed place. */
export const journal: StackRule = ({ setting, policyConfig: { locations } }) => {
  const location = setting("journal") ?? "";
  if (location !== "" && isAllowedPlace(location, locations)) return [];
  return [
    `The journal is stored in ${location === "" ? "a file beside the stack" : location}, but only ${locations.join(", ")} ` +
      "is allowed. Run: pulumi config set tenants:journal s3://<bucket>/<prefix>",
  ];
};

/** Each event is copied to a place that those who run updates cannot change. */
export const auditLogGroup: StackRule = ({ setting }) =>
  (setting("auditLogGroup") ?? "") === ""
    ? [
        "No audit log group is set, so the journal has no copy that its writer cannot change. " +
          "Run: pulumi config set tenants:auditLogGroup <log group>",
      ]
    : [];

/** The secrets of configuration and state are encrypted by a key service, not by a passphrase. */
export const secretsProvider: StackRule = ({ secretsProvider: used, policyConfig: { providers } }) => {
  if (used === undefined) {
    return [
      "The stack's file was not found, so its secrets provider cannot be checked: run the command in the project's folder.",
    ];
  }
  if (isAllowedPlace(used, providers)) return [];
  return [
    `The stack's secrets are encrypted by ${used.split(":")[0] ?? used}, but only ${providers.join(", ")} are allowed. ` +
      "Run: pulumi stack change-secrets-provider 'awskms://alias/<key>?region=<region>'",
  ];
};

/** Lost applications are replaced only by a person's decision, for one update. */
export const noReplaceLostApplications: StackRule = ({ setting }) =>
  setting("replaceLostApplications") === "true"
    ? [
        "tenants:replaceLostApplications is true: an unattended update may delete and re-create an application. " +
          "Run: pulumi config rm tenants:replaceLostApplications, and set it by hand for the one update that needs it.",
      ]
    : [];

/** The paths of the problems that this rule reports: settings to which tokens and secrets go. */
const judged = /^(?:tenants:(?:apiUrl|tokenUrl)$|aws:|TENANTS_ALLOWED_HOSTS)/;

/** Each host in the configuration is one of the vendor's for the stage, or allowed by the environment. */
export const vendorHosts: StackRule = ({ setting, awsSetting, allowedHosts }) => {
  const read = readSettings(setting, { allowedHosts, aws: awsSetting });
  if ("settings" in read) return [];
  return read.problems
    .filter(({ path: where }) => judged.test(where))
    .map(({ path: where, problem }) => `${where} ${problem}.`);
};

/**
 * Returns whether a place is an allowed one or below it: `s3://journals` allows `s3://journals/tenants`, but
 * not `s3://journals-of-others`. A scheme (`s3://`) allows everything of its kind.
 *
 * @param place a URL, or a file's path
 */
function isAllowedPlace(place: string, allowed: readonly string[]): boolean {
  const plain = /^[a-z0-9+.-]+:/i.test(place) ? place : path.posix.normalize(place);
  return allowed.some((one) => {
    if (one === "" || !plain.startsWith(one)) return false;
    const rest = plain.slice(one.length);
    return rest === "" || /[/:?]$/.test(one) || /^[/?]/.test(rest);
  });
}
