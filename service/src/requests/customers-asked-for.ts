import { randomUUID } from "node:crypto";

import type { ServiceContext, Writing } from "../context";
import type { Person } from "../identity/person";
import type { Entry } from "./entry";
import type { CustomerRow } from "./stale";

/** Finds a customer's row by its name; undefined where there is none that lives. */
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

/** Gives the name of a customer's stack: `[a-z0-9-]`. */
export function stackOf(stage: string, name: string): string {
  return `${stage}-${name}`;
}

/** Gives the key of a request's apply in the queue: its customer's stack; upgrades of a stage have one of their own. */
export function jobKeyOf({ stage, customer }: { stage: string; customer: string | null }): string {
  return stackOf(stage, customer ?? "*");
}

/** Makes the row of a customer that is asked for, or takes the one that an earlier request left that came to nothing. */
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
