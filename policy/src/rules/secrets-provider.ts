import { isAllowedPlace } from "../allowed-place";
import type { StackRule } from "../resource";

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
