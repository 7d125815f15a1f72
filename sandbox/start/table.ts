import { type Screen } from "../../cli/print/screen";
import { drawTable } from "../../cli/print/table";
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

/** Writes the applications as a table or, if that is wider than the terminal, in full, one below another. */
export function toTable(applications: readonly ProvisionedApplication[], screen: Screen): string {
  const heading = Object.keys(columns);
  const rows = applications.map((application) => Object.values(columns).map((value) => value(application)));
  const width = heading
    .map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)) + 2)
    .reduce((sum, one) => sum + one);
  if (screen.columns === undefined || width - 2 <= screen.columns)
    return drawTable({ heading, rows }, screen).join("\n");
  const longest = Math.max(...heading.map((name) => name.length));
  return rows
    .map((row) => heading.map((name, index) => `${name.padEnd(longest)}  ${row[index] ?? ""}`).join("\n"))
    .join("\n\n");
}
