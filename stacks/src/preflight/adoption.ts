import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn, tenantType } from "pulumi-resistant-tenants/internal/own-stack";
import { slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import { type CustomerConfiguration } from "../configuration/configuration";

/**
 * Refuses to adopt an application of a tenant that would be made anew: a new tenant has none.
 *
 * @param resources what the stack held when its last update ended
 * @throws `pulumi.RunError` that names each customer, and the line that is missing
 */
export function assertAdoptedApplicationsHaveTenants(
  resources: readonly HeldResource[],
  customers: readonly CustomerConfiguration[],
): void {
  const adopting = customers.filter(
    ({ adopt, applications }) =>
      adopt === undefined && applications.some((application) => application.adopt !== undefined),
  );
  if (adopting.length === 0) return;
  const held = customersWithTenant(resources);
  const without = adopting.filter(({ name }) => !held.has(name));
  if (without.length === 0) return;
  throw refusal(
    `Applications are adopted for customers whose tenant would be made anew, and a new tenant has none:\n${without.map(({ name }) => `  - ${name}`).join("\n")}\n` +
      "Nothing was changed. Add `adopt: <tenant id>` to the customer, or remove `adopt` from its applications.",
  );
}

/**
 * Warns in a preview of applications that are created in a tenant which is adopted in the same update: it may have its
 * own, which somebody uses, and nobody has asked the vendor yet.
 */
export async function warnOfNewClientsInAdoptedTenants(
  resources: readonly HeldResource[],
  customers: readonly CustomerConfiguration[],
): Promise<void> {
  const adopting = customers.filter(
    ({ adopt, applications }) => adopt !== undefined && applications.some((one) => one.adopt === undefined),
  );
  if (!pulumi.runtime.isDryRun() || adopting.length === 0) return;
  const held = customersWithTenant(resources);
  const slots = adopting
    .filter(({ name }) => !held.has(name))
    .flatMap(({ name, applications }) =>
      applications
        .filter(({ adopt }) => adopt === undefined)
        .map((application) => slotName(name, application)),
    );
  if (slots.length === 0) return;
  await pulumi.log.warn(
    `New clients are created in tenants that are adopted: ${slots.join(", ")}. If such a tenant has applications already, they stay, and each new one is a second client beside them. ` +
      "To take them over with their credentials, add `adopt: {applicationId, secretArn}`: the message of the release prints the whole entry, and `npm run tenants -- reconcile` of the stack that had them.",
  );
}

function customersWithTenant(resources: readonly HeldResource[]): Set<string> {
  return new Set(resources.filter(({ type }) => type === tenantType).map(({ urn }) => nameOfUrn(urn)));
}
