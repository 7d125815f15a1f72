import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ServiceContext } from "../context";
import { seePerson } from "../identity/people";
import type { Person } from "../person";
import { Problem } from "../problem";
import { write } from "../records/database";
import type { Writing } from "../records/schema";
import { etagOf } from "../requests/stale";
import { submit } from "./submit";

/** The account of the service's own requests: a machine, which cannot approve. */
export const clockSubject = "rotation-clock";

/**
 * Requests, in the service's own name, the rotations that would change more than credentials: an upgrade of
 * the customer, whose plan shows what else would change, under the stage's rule. The web process does it,
 * since it signs requests.
 *
 * @returns how many requests were made
 */
export async function askForRotations(context: ServiceContext): Promise<number> {
  const beyond = await context.database
    .selectFrom("clock_rotations")
    .select("customer_id")
    .where("state", "=", "beyond")
    .execute();
  if (beyond.length === 0) return 0;
  const clock = await seePerson(context, {
    issuer: context.settings.url,
    subject: clockSubject,
    person: undefined,
    name: "The service's clock",
    email: undefined,
    roles: [],
    groups: [],
    authenticatedAt: undefined,
  });
  let asked = 0;
  for (const { customer_id: id } of beyond)
    if (await write(context, (writing) => ask(context, writing, clock, id))) asked += 1;
  return asked;
}

async function ask(
  context: ServiceContext,
  writing: Writing,
  clock: Person,
  customerId: string,
): Promise<boolean> {
  // Of several web processes, one makes it.
  const row = await writing
    .selectFrom("clock_rotations")
    .innerJoin("customers", "customers.id", "clock_rotations.customer_id")
    .select(["customers.stage", "customers.name", "customers.etag", "customers.status"])
    .where("customer_id", "=", customerId)
    .where("state", "=", "beyond")
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (row === undefined) return false;
  const { stage, name, etag } = row;
  try {
    const { requestIds } = await submit(context, writing, clock, {
      kind: "upgrade",
      stage: stage as Stage,
      reason: "scheduled rotation: more would change than credentials",
      basedOn: etagOf([{ name, etag }]),
      customers: [name],
    });
    await writing
      .updateTable("clock_rotations")
      .set({ state: "asked", request_id: requestIds[0] ?? null, updated_at: context.now() })
      .where("customer_id", "=", customerId)
      .execute();
    return true;
  } catch (error) {
    // The customer or the stage no longer exists: there is nothing to rotate.
    if (!(error instanceof Problem)) throw error;
    await writing.deleteFrom("clock_rotations").where("customer_id", "=", customerId).execute();
    return false;
  }
}
