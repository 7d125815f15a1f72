import type { TenantManagementApi } from "../../client/api";

/**
 * Says how a tenant that exists is taken over with all that it holds. An entry that adopts applications names their
 * secrets, which only AWS knows: `reconcile` asks there and prints it.
 *
 * @returns Resolves with sentences for a message; the line that adopts the tenant ends them.
 */
export async function describeTakeOver(
  api: Pick<TenantManagementApi, "listApplications">,
  tenantId: string,
): Promise<string> {
  // What led here is reported all the same, where the list fails.
  const applications = await api.listApplications(tenantId).catch(() => undefined);
  const line = `add this line to the customer (or input to the Tenant): adopt: ${tenantId}`;
  if (applications?.length === 0) return `It holds no applications. To take it over, ${line}`;
  const held = applications?.map(({ applicationId, clientId, cell }) => {
    return `${applicationId} (client ${clientId}, cell ${cell})`;
  });
  const what = held === undefined ? "It may hold applications" : `It holds applications: ${held.join(", ")}`;
  return (
    `${what}. To take it over with its applications, run \`npm run tenants -- reconcile\`: it prints the customer's whole entry. ` +
    `To take over the tenant alone and create new applications in it, ${line}`
  );
}
