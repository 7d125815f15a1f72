import { randomUUID } from "node:crypto";

import type { ServiceContext } from "../context";
import type { Person } from "../person";
import type { Writing } from "../records/schema";
import type { Entry } from "./entry";
import type { CustomerRow } from "./stale";

/** Finds a customer's row by its name; undefined if there is none that is not deleted. */
export async function findCustomer(
  reading: ServiceContext["database"],
  stage: string,
  name: string,
): Promise<CustomerRow | undefined> {
  return await reading
    .selectFrom("customers")
    .selectAll()
    .where("stage", "=", stage)
    .where("name", "=", name)
    .where("status", "<>", "deleted")
    .executeTakeFirst();
}

/** Returns the name of a customer's stack: `[a-z0-9-]`. */
export function stackOf(stage: string, name: string): string {
  return `${stage}-${name}`;
}

/** Returns the queue key of a request's apply: its customer's stack; upgrades of a stage have their own. */
export function jobKeyOf({ stage, customer }: { stage: string; customer: string | null }): string {
  return stackOf(stage, customer ?? "*");
}

/** Creates the row of a requested customer, or takes over the row of an earlier request that was never applied. */
export async function beginCustomer(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  caller: Person,
  { stage, name, entry }: { stage: string; name: string; entry: Entry },
): Promise<void> {
  const asked = { entry: JSON.stringify(entry), created_by: caller.id, updated_at: now() };
  const left = await writing
    .updateTable("customers")
    .set(asked)
    .where("stage", "=", stage)
    .where("name", "=", name)
    .where("status", "=", "pending")
    .returning("id")
    .executeTakeFirst();
  if (left !== undefined) return;
  await writing
    .insertInto("customers")
    .values({
      ...asked,
      id: randomUUID(),
      stage,
      name,
      stack: stackOf(stage, name),
      status: "pending",
      etag: randomUUID(),
      stack_settings: "{}",
      created_at: now(),
    })
    .execute();
}
