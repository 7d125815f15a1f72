import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { customerOf, slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import { type CustomerConfiguration } from "../configuration/configuration";
import { safeguardType } from "../customer/safeguard";

/**
 * Refuses to remove an application, or a whole customer, that was active in production when the last update ended. The
 * engine would refuse it too, by its safeguard, but only after it has made what is new, and with advice that is not
 * ours.
 *
 * @param held what the stack held when its last update ended
 * @throws `pulumi.RunError` that names each application, and the way out
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
      "Nothing was changed. To let them go: put the customer's entry back as it was, set `status: deprecated` on it and run " +
      "`pulumi up`; then remove the application or the customer, and run `pulumi up` again. " +
      "To hand the customer over to another owner, and delete nothing: set `status: released`.",
  );
}
