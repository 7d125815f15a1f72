import Table from "cli-table3";
import type { ProvisionedApplication } from "./stack-outputs";

const columns: Readonly<Record<string, (application: ProvisionedApplication) => string>> = {
  customer: (application) => application.customer,
  tenant_id: (application) => application.tenantId,
  cell: (application) => application.cell,
  application_id: (application) => application.applicationId,
  client_id: (application) => application.clientId,
  "auth method": (application) => application.authMethod,
  "Web UI": (application) => application.webUiUrl ?? "not given",
  secret: (application) => application.secretName,
};

/** No colours, and no line between two rows. */
const layout = {
  style: { head: [], border: [] },
  chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
};

/**
 * Writes the applications as a table; where that is wider than the terminal, one under the other.
 *
 * @param width - The terminal's columns; default: no limit.
 */
export function toTable(applications: readonly ProvisionedApplication[], width = Infinity): string {
  const table = new Table({ head: Object.keys(columns), ...layout });
  for (const application of applications) {
    table.push(Object.values(columns).map((value) => value(application)));
  }
  const wide = table.toString();
  if ((wide.split("\n")[0]?.length ?? 0) <= width) return wide;
  return applications
    .map((application) => {
      const one = new Table(layout);
      for (const [name, value] of Object.entries(columns)) one.push({ [name]: value(application) });
      return one.toString();
    })
    .join("\n");
}
