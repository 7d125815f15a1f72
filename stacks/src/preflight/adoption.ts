import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { nameOfUrn, resourcesOfLastUpdate, tenantType } from "pulumi-resistant-tenants/internal/own-stack";

import { type CustomerConfiguration, slotName } from "../configuration/configuration";

/**
 * Refuses to adopt an application of a tenant that would be made anew: a new tenant has none.
 *
 * @throws `pulumi.RunError` that names each customer, and the line that is missing
 */
export async function assertAdoptedApplicationsHaveTenants(
  customers: readonly CustomerConfiguration[],
): Promise<void> {
  const adopting = customers.filter(
    ({ adopt, applications }) =>
      adopt === undefined && applications.some((application) => application.adopt !== undefined),
  );
  if (adopting.length === 0) return;
  const held = await customersWithTenant();
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
  customers: readonly CustomerConfiguration[],
): Promise<void> {
  const adopting = customers.filter(
    ({ adopt, applications }) => adopt !== undefined && applications.some((one) => one.adopt === undefined),
  );
  if (!pulumi.runtime.isDryRun() || adopting.length === 0) return;
  const held = await customersWithTenant();
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

async function customersWithTenant(): Promise<Set<string>> {
  const held = await resourcesOfLastUpdate();
  return new Set(held.filter(({ type }) => type === tenantType).map(({ urn }) => nameOfUrn(urn)));
}
