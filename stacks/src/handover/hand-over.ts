import {
  type FoundApplication,
  type FoundCustomer,
  writeCustomerEntry,
} from "pulumi-resistant-tenants/internal/customer-entry";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";
import { nameOfUrn, signingKeyType, typeOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";

/**
 * Writes what the next owner of a customer needs to take it over: an entry for `tenants:customers`. It holds ids and
 * ARNs, no credential.
 *
 * @param held what the stack holds of it: the scopes of its applications are told there alone
 */
export async function describeHandOver(
  record: CustomerRecord,
  held: readonly HeldResource[],
): Promise<string> {
  const { name, stage } = record;
  return [
    `Customer "${name}" is handed over: this stack forgets it, and nothing is deleted, at the vendor or in AWS.`,
    `What its next owner writes under tenants:customers, in a stack of stage ${stage}:`,
    "",
    await entryOfRecord(record, held),
    "",
    `Where this stack is to take it back, it is the same, and \`npm run tenants -- restore ${name}\` comes before \`pulumi up\`.`,
  ].join("\n");
}

/** Says what it takes beside the entry to take a customer back where its secrets have the names that are wanted. */
export function wayBack(name: string): string {
  return `To take it back into this stack, write this under tenants:customers, run \`npm run tenants -- restore ${name}\`, and then \`pulumi up\`:`;
}

/** Writes the entry that takes a customer over, by what a stack recorded of it. */
export function entryOfRecord(
  record: CustomerRecord,
  held: readonly HeldResource[],
  declared?: Readonly<Record<string, unknown>>,
): Promise<string> {
  return writeCustomerEntry(foundInRecord(record, held), declared);
}

function foundInRecord(
  { name, customerId, owner, cells, tenantId, applications }: CustomerRecord,
  held: readonly HeldResource[],
): FoundCustomer {
  return {
    name,
    customerId,
    owner,
    cells,
    tenantId,
    applications: applications.map((application): FoundApplication => {
      const { applicationId } = application;
      const { scopes, publicKey } = partsOf(applicationId, held);
      return { ...application, scopes, publicKey };
    }),
  };
}

/** Once it is handed over, a resource stands for what it was. */
function formerly({ urn, outputs }: HeldResource): { type: string; name: string } {
  const former = typeof outputs["formerUrn"] === "string" ? outputs["formerUrn"] : urn;
  return { type: typeOfUrn(former), name: nameOfUrn(former) };
}

function partsOf(
  applicationId: string,
  held: readonly HeldResource[],
): { scopes?: string[] | undefined; publicKey?: unknown } {
  const application = held.find((resource) => resource.outputs["applicationId"] === applicationId);
  if (application === undefined) return {};
  const { scopes, publicKey } = application.outputs;
  const { name } = formerly(application);
  const isOwnKey = held.map(formerly).some((other) => other.type === signingKeyType && other.name === name);
  return {
    scopes: Array.isArray(scopes) ? scopes.map(String) : undefined,
    publicKey: isOwnKey ? undefined : publicKey,
  };
}
