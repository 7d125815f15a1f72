import type { StackRule } from "../resource";

/** Each event is copied to a place that those who run updates cannot change. */
export const auditLogGroup: StackRule = ({ setting }) =>
  (setting("auditLogGroup") ?? "") === ""
    ? [
        "No audit log group is set, so the journal has no copy that its writer cannot change. " +
          "Run: pulumi config set tenants:auditLogGroup <log group>",
      ]
    : [];
