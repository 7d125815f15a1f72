import type { TenantManagementApi } from "../../client/api";
import type { ApiApplication } from "../../client/schemas";
import { type FoundApplication, writeCustomerEntry } from "../../names/customer-entry";
import { readApplicationName } from "../../names/resource-name";

/** An existing tenant, and the customer for which it may be adopted. */
export interface ExistingTenant {
  /** The customer's name in the stack. */
  name: string;
  tenantId: string;
}

/** The command that prints the ARNs of a tenant's secrets, which the stack that stored them has tagged. */
const findSecrets = (tenantId: string): string =>
  `aws secretsmanager list-secrets --filters Key=tag-key,Values=tenant_id Key=tag-value,Values=${tenantId} --query 'SecretList[].[Name,ARN]' --output text`;

/**
 * Describes how to adopt an existing tenant with all its applications: the entry, as far as the API shows it.
 * Only AWS knows which secrets contain the credentials: the commands that find them are included.
 *
 * @returns Resolves with text for a message, which ends with the line that adopts the tenant.
 */
export async function describeTakeOver(
  api: Pick<TenantManagementApi, "listApplications">,
  { name, tenantId }: ExistingTenant,
): Promise<string> {
  // If the list fails, the original problem is still reported.
  const applications = await api.listApplications(tenantId).catch(() => undefined);
  const line = `add this line to the customer (or input to the Tenant): adopt: ${tenantId}`;
  if (applications?.length === 0) return `It has no applications. To take it over, ${line}`;
  const alone = `To take over the tenant alone and create new applications in it, ${line}`;
  if (applications === undefined)
    return (
      "It may have applications. To take it over with its applications, run `npm run tenants -- reconcile`: it prints the customer's complete entry. " +
      alone
    );
  const held = applications.map(
    ({ applicationId, clientId, cell }) => `${applicationId} (client ${clientId}, cell ${cell})`,
  );
  return (
    `It has applications: ${held.join(", ")}. ` +
    `To take it over with its applications, ${await describeEntry({ name, tenantId }, applications)}\n\n${alone}`
  );
}

/**
 * Describes the entry that adopts a customer.
 *
 * @param slots the names of the resources that the applications were created for, by their ids, if known:
 * `<customer>/<cell>/<purpose>`
 */
export async function describeEntry(
  { name, tenantId }: ExistingTenant,
  applications: readonly ApiApplication[],
  slots: ReadonlyMap<string, string> = new Map(),
): Promise<string> {
  const taken = new Set(
    [...slots.values()].flatMap((slot) => {
      const named = readApplicationName(slot);
      return named === undefined ? [] : [`${named.cell}/${named.purpose}`];
    }),
  );
  const found = applications.map(({ applicationId, clientId, cell, scopes }): FoundApplication => {
    const named = readApplicationName(slots.get(applicationId) ?? "");
    const purpose = named?.purpose ?? freePurpose(cell, taken);
    return { cell, purpose, applicationId, clientId, scopes, isSecretSought: true };
  });
  const cells = [...new Set(found.map(({ cell }) => cell))];
  const areAllKnown = applications.every(({ applicationId }) => slots.has(applicationId));
  const unknown = [...(areAllKnown ? [] : ["purpose"]), "authMethod"].join(" and ");
  const notes = [`The API does not report ${unknown}: correct them if yours differ.`];
  const entry = await writeCustomerEntry({ name, tenantId, cells, applications: found, notes });
  return (
    "replace the customer's entry under tenants:customers with this, and keep its other settings:\n\n" +
    `${entry}\n\n` +
    `For the ARNs, run \`npm run tenants -- reconcile\`, which prints the same entry with them, or \`${findSecrets(tenantId)}\`.`
  );
}

/** Returns a purpose that no other application of the cell has. */
function freePurpose(cell: string, taken: Set<string>): string {
  for (let number = 1; ; number += 1) {
    const purpose = number === 1 ? "default" : `application${number}`;
    const place = `${cell}/${purpose}`;
    if (taken.has(place)) continue;
    taken.add(place);
    return purpose;
  }
}
