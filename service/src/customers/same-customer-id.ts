import { sql } from "kysely";

import type { Reading } from "../records/schema";

/** A customer as it is declared, or is to be. */
interface DeclaredCustomer {
  stage: string;
  name: string;
  /** The partner's own identifier. */
  customerId: unknown;
}

/**
 * Returns the names of a stage's other active customers with the same `customerId`. The vendor recommends one tenant for
 * each customer, but a second one may be wanted: people are told, and decide.
 */
export async function othersWithCustomerId(
  reading: Reading,
  { stage, name, customerId }: DeclaredCustomer,
): Promise<string[]> {
  if (typeof customerId !== "string" || customerId === "") return [];
  const rows = await reading
    .selectFrom("customers")
    .select("name")
    .where("stage", "=", stage)
    .where("name", "<>", name)
    .where("status", "=", "active")
    .where(sql<string>`entry ->> 'customerId'`, "=", customerId)
    .orderBy("name")
    .execute();
  return rows.map((row) => row.name);
}
