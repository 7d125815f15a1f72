import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";

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
  const { Document } = await import("yaml");
  const { name, customerId, stage, cells, tenantId, applications } = record;
  const entry = {
    name,
    customerId,
    cells,
    adopt: tenantId,
    applications: applications.map(({ cell, purpose, applicationId, authMethod, secretArn }) => ({
      cell,
      purpose,
      ...scopesOf(applicationId, held),
      authMethod,
      adopt: { applicationId, secretArn },
    })),
  };
  const document = new Document([entry], { aliasDuplicateObjects: false });
  for (const [index, { clientId, keyId }] of applications.entries()) {
    const application = document.getIn([0, "applications", index, "adopt"], true) as { comment?: string };
    application.comment = ` client ${clientId}${keyId === undefined ? "" : `, key ${keyId}`}`;
  }
  return [
    `Customer "${name}" is handed over: this stack forgets it, and nothing is deleted, at the vendor or in AWS.`,
    `What its next owner writes under tenants:customers, in a stack of stage ${stage}:`,
    "",
    document.toString({ lineWidth: 0, flowCollectionPadding: false }),
  ].join("\n");
}

function scopesOf(applicationId: string, held: readonly HeldResource[]): { scopes?: unknown } {
  const scopes = held.find(({ outputs }) => outputs["applicationId"] === applicationId)?.outputs["scopes"];
  return scopes === undefined ? {} : { scopes };
}
