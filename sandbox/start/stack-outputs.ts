import { z } from "zod";

import type { Screen } from "../../cli/print/screen";
import { drawTable } from "../../cli/print/table";
import { SandboxError } from "../errors";

const application = z.object({
  cell: z.string(),
  purpose: z.string(),
  applicationId: z.string(),
  clientId: z.string(),
  authMethod: z.enum(["CLIENT_SECRET", "RSA", "EC"]),
  secretArn: z.string(),
});

const stackOutputs = z.object({
  customers: z.record(
    z.string(),
    z.object({
      tenantId: z.string(),
      webUiUrls: z.record(z.string(), z.string()),
      applications: z.array(application),
    }),
  ),
});

/** One application of a customer in the stack's outputs. */
export interface ProvisionedApplication extends z.infer<typeof application> {
  readonly customer: string;
  readonly tenantId: string;
  /** Absent if the API returned none for the cell. */
  readonly webUiUrl: string | undefined;
  readonly secretName: string;
}

/**
 * Reads the applications of all customers from the stack's outputs.
 *
 * @throws SandboxError `PROOF_FAILED` if the outputs have another form, or contain no application.
 */
export function toApplications(outputs: unknown): ProvisionedApplication[] {
  const parsed = stackOutputs.safeParse(outputs);
  if (!parsed.success) {
    const message = `the stack's outputs are not as promised: ${z.prettifyError(parsed.error)}`;
    throw new SandboxError("PROOF_FAILED", message, { cause: parsed.error });
  }
  const applications = Object.entries(parsed.data.customers).flatMap(([customer, record]) =>
    record.applications.map((one) => ({
      ...one,
      customer,
      tenantId: record.tenantId,
      webUiUrl: record.webUiUrls[one.cell],
      secretName: toSecretName(one.secretArn),
    })),
  );
  if (applications.length > 0) return applications;
  throw new SandboxError("PROOF_FAILED", "the stack's outputs name no application");
}

/** A secret's ARN ends with its name and six characters added by AWS. */
function toSecretName(arn: string): string {
  return arn.replace(/^.*:secret:/, "").replace(/-[A-Za-z0-9]{6}$/, "");
}

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
