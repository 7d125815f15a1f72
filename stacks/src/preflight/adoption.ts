import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn, tenantType } from "pulumi-resistant-tenants/internal/own-stack";
import { slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import { type CustomerConfiguration } from "../configuration/configuration";

/**
 * Refuses to adopt an application in a tenant that would be created: a new tenant has none.
 *
 * @param resources the resources of the stack at the end of its last update
 * @throws `pulumi.RunError` with each customer and the missing line
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
    `Applications are adopted for customers whose tenant would be created, but a new tenant has no applications:\n${without.map(({ name }) => `  - ${name}`).join("\n")}\n` +
      "Nothing was changed. Add `adopt: <tenant id>` to the customer, or remove `adopt` from its applications.",
  );
}

/**
 * Warns in a preview about applications that are created in a tenant that is adopted in the same update: the tenant may
 * have its own, which someone uses, and the vendor has not been asked yet.
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
    `New clients are created in tenants that are adopted: ${slots.join(", ")}. If such a tenant already has applications, they stay, and each new one is an additional client. ` +
      "To take them over with their credentials, add `adopt: {applicationId, secretArn}`: the message of the release contains the complete entry, and so does `npm run tenants -- reconcile` in the former stack.",
  );
}

function customersWithTenant(resources: readonly HeldResource[]): Set<string> {
  return new Set(resources.filter(({ type }) => type === tenantType).map(({ urn }) => nameOfUrn(urn)));
}
