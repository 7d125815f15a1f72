import { comparable } from "resistant-tenants-stacks/configuration";

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
 * each customer, but a second one may be wanted: people are told, and decide. The identifiers are compared as those of a
 * stack's customers are.
 */
export async function othersWithCustomerId(
  reading: Reading,
  { stage, name, customerId }: DeclaredCustomer,
): Promise<string[]> {
  const wanted = comparable(customerId);
  if (typeof wanted !== "string" || wanted === "") return [];
  const rows = await reading
    .selectFrom("customers")
    .select(["name", "entry"])
    .where("stage", "=", stage)
    .where("name", "<>", name)
    .where("status", "=", "active")
    .orderBy("name")
    .execute();
  return rows
    .filter(({ entry }) => comparable((entry as { customerId?: unknown }).customerId) === wanted)
    .map((row) => row.name);
}
