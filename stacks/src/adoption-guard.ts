import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { nameOfUrn, resourcesOfLastUpdate, tenantType } from "pulumi-resistant-tenants/internal/own-stack";

import type { CustomerConfiguration } from "./configuration";

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
  const held = new Set(
    (await resourcesOfLastUpdate())
      .filter(({ type }) => type === tenantType)
      .map(({ urn }) => nameOfUrn(urn)),
  );
  const without = adopting.filter(({ name }) => !held.has(name));
  if (without.length === 0) return;
  throw refusal(
    `Applications are adopted for customers whose tenant would be made anew, and a new tenant has none:\n${without.map(({ name }) => `  - ${name}`).join("\n")}\n` +
      "Nothing was changed. Add `adopt: <tenant id>` to the customer, or remove `adopt` from its applications.",
  );
}
