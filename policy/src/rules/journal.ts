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
