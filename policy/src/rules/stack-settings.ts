import { isAllowedPlace } from "../allowed-place";
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
