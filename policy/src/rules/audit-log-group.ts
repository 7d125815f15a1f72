import type { StackRule } from "../resource";

/** Each event is copied to where whoever runs updates cannot change it. */
export const auditLogGroup: StackRule = ({ setting }) =>
  (setting("auditLogGroup") ?? "") === ""
    ? [
        "No audit log group is set: the journal has no copy that its writer cannot change. " +
          "Run: pulumi config set tenants:auditLogGroup <log group>",
      ]
    : [];
