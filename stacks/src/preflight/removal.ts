import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { customerOf, slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import { type CustomerConfiguration } from "../configuration/configuration";
import { safeguardType } from "../customer/safeguard";

/**
 * Refuses to remove an application, or a whole customer, that was active in production at the end of the last
 * update. The engine would also refuse it, by its safeguard, but only after creating what is new, and with
 * advice that does not fit.
 *
 * @param held the resources of the stack at the end of its last update
 * @throws `pulumi.RunError` with each application, and what to do
 */
export function assertNothingActiveIsRemoved(
  held: readonly HeldResource[],
  customers: readonly CustomerConfiguration[],
): void {
  const declared = new Set(
    customers.flatMap(({ name, applications }) =>
      applications.map((application) => slotName(name, application)),
    ),
  );
  const released = new Set(customers.filter(({ status }) => status === "released").map(({ name }) => name));
  const removed = held
    .filter(({ type, outputs }) => type === safeguardType && outputs["isActive"] === true)
    .map(({ urn }) => nameOfUrn(urn))
    .filter((name) => !declared.has(name) && !released.has(customerOf(name)));
  if (removed.length === 0) return;
  throw refusal(
    `Applications of active production customers are no longer declared:\n${removed.map((name) => `  - ${name}`).join("\n")}\n` +
      "Nothing was changed. To delete them: restore the customer's entry, set `status: deprecated` on it and run " +
      "`pulumi up`; then remove the application or the customer, and run `pulumi up` again. " +
      "To hand the customer over to another owner without deleting anything: set `status: released`.",
  );
}
