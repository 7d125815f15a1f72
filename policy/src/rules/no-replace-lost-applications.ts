import type { StackRule } from "../resource";

/** Lost applications are replaced only by a person's decision, for one update. */
export const noReplaceLostApplications: StackRule = ({ setting }) =>
  setting("replaceLostApplications") === "true"
    ? [
        "tenants:replaceLostApplications is true: an unattended update may delete and re-create an application. " +
          "Run: pulumi config rm tenants:replaceLostApplications, and set it by hand for the one update that needs it.",
      ]
    : [];
