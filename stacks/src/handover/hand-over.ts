import {
  type FoundApplication,
  type FoundCustomer,
  writeCustomerEntry,
} from "pulumi-resistant-tenants/internal/customer-entry";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";
import { nameOfUrn, signingKeyType, typeOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";

/**
 * Writes what the next owner needs to adopt a customer: an entry for `tenants:customers`. It contains ids and
 * ARNs, no credential.
 *
 * @param held the customer's resources in the stack: only they contain the scopes of its applications
 */
export async function describeHandOver(
  record: CustomerRecord,
  held: readonly HeldResource[],
): Promise<string> {
  const { name, stage } = record;
  return [
    `Customer "${name}" is handed over: this stack releases it, and deletes nothing at the vendor or in AWS.`,
    `The next owner adds this under tenants:customers, in a stack of stage ${stage}:`,
    "",
    await entryOfRecord(record, held),
    "",
    `To take it back into this stack, use the same entry, and run \`npm run tenants -- restore ${name}\` before \`pulumi up\`.`,
  ].join("\n");
}

/** Describes what else is needed to take a customer back, if its secrets already have the wanted names. */
export function wayBack(name: string): string {
  return `To take it back into this stack, add this under tenants:customers, run \`npm run tenants -- restore ${name}\`, then \`pulumi up\`:`;
}

/** Writes the entry that adopts a customer, from a stack's record. */
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

/** After the hand-over, a `Released` stands for the former resource. */
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
