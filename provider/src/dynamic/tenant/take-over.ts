import type { TenantManagementApi } from "../../client/api";
import type { ApiApplication } from "../../client/schemas";
import { type FoundApplication, writeCustomerEntry } from "../../names/customer-entry";
import { readApplicationName } from "../../names/resource-name";

/** A tenant that exists, and the customer that it may be taken over for. */
export interface ExistingTenant {
  /** The customer's name in the stack. */
  name: string;
  tenantId: string;
}

/** The command that gives the ARNs of a tenant's secrets: the stack that stored them has tagged them. */
const findSecrets = (tenantId: string): string =>
  `aws secretsmanager list-secrets --filters Key=tag-key,Values=tenant_id Key=tag-value,Values=${tenantId} --query 'SecretList[].[Name,ARN]' --output text`;

/**
 * Says how a tenant that exists is taken over with all that it holds: the entry that adopts it, as far as the API tells.
 * Which secrets hold the credentials only AWS knows: the commands that find them come with it.
 *
 * @returns Resolves with text for a message; the line that adopts the tenant ends it.
 */
export async function describeTakeOver(
  api: Pick<TenantManagementApi, "listApplications">,
  { name, tenantId }: ExistingTenant,
): Promise<string> {
  // What led here is reported all the same, where the list fails.
  const applications = await api.listApplications(tenantId).catch(() => undefined);
  const line = `add this line to the customer (or input to the Tenant): adopt: ${tenantId}`;
  if (applications?.length === 0) return `It holds no applications. To take it over, ${line}`;
  const alone = `To take over the tenant alone and create new applications in it, ${line}`;
  if (applications === undefined)
    return (
      "It may hold applications. To take it over with its applications, run `npm run tenants -- reconcile`: it prints the customer's whole entry. " +
      alone
    );
  const held = applications.map(
    ({ applicationId, clientId, cell }) => `${applicationId} (client ${clientId}, cell ${cell})`,
  );
  return (
    `It holds applications: ${held.join(", ")}. ` +
    `To take it over with its applications, ${await describeEntry({ name, tenantId }, applications)}\n\n${alone}`
  );
}

/**
 * Says which entry takes a customer over.
 *
 * @param slots the names of the resources that the applications were made for, by their ids, where they are known:
 *   `<customer>/<cell>/<purpose>`
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
  const notes = [`The API does not report ${unknown}: correct them where yours are others.`];
  const entry = await writeCustomerEntry({ name, tenantId, cells, applications: found, notes });
  return (
    "write this under tenants:customers in place of the customer's entry, and keep what that says beside:\n\n" +
    `${entry}\n\n` +
    `For the ARNs, run \`npm run tenants -- reconcile\`, which prints the same entry with them, or \`${findSecrets(tenantId)}\`.`
  );
}

/** Gives a purpose that no other application of the cell has. */
function freePurpose(cell: string, taken: Set<string>): string {
  for (let number = 1; ; number += 1) {
    const purpose = number === 1 ? "default" : `application${number}`;
    const place = `${cell}/${purpose}`;
    if (taken.has(place)) continue;
    taken.add(place);
    return purpose;
  }
}
