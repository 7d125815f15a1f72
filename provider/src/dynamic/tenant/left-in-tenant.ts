import { TenantManagementError } from "../../client/errors";
import type { ApiApplication } from "../../client/schemas";
import type { Run } from "../run/run";
import { refusal, type State } from "./tenant-model";

/** The API's status for a tenant that still has applications is not documented: 400 or 409. */
export async function isNotYetSeenEmpty(
  run: Run,
  { status }: TenantManagementError,
  tenantId: string,
): Promise<boolean> {
  if (status !== 400 && status !== 409) return false;
  if (run.own.deletedApplicationsOf(tenantId).size === 0) return false;
  const left = await applicationsLeftIn(run, tenantId).catch(() => undefined);
  return left?.length === 0;
}

/** Returns the applications in a tenant, without those that this run has deleted, which a list may still contain. */
async function applicationsLeftIn(run: Run, tenantId: string): Promise<ApiApplication[]> {
  const deleted = run.own.deletedApplicationsOf(tenantId);
  const listed = (await (await run.api()).listApplications(tenantId)) ?? [];
  return listed.filter(({ applicationId }) => !deleted.has(applicationId));
}

/** Explains the refused deletion of a tenant that still has applications. */
export async function explainDeleteRefusal(run: Run, error: unknown, state: State): Promise<unknown> {
  if (!(error instanceof TenantManagementError) || error.code !== "REFUSED" || error.status === undefined)
    return error;
  const left = await applicationsLeftIn(run, state.tenantId).catch(() => []);
  if (left.length === 0) return error;
  const list = left.map(
    (application) =>
      `${application.applicationId} (client ${application.clientId}, cell ${application.cell})`,
  );
  return refusal(
    `Tenant "${state.name}" (${state.tenantId}) still has ${left.length} application(s) that this stack does not delete: ${list.join("; ")}. ` +
      "The tenant was not deleted. If they are unused, delete them at the vendor, then run the same command again.",
    error,
  );
}
