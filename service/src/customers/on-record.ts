import { z } from "zod";

import type { Reading } from "../records/schema";
import type { CustomerRow } from "../requests/stale";
import type { AppliedCustomer } from "./save-applied";

const recordSchema = z
  .object({
    applications: z.array(z.object({ cell: z.string(), purpose: z.string(), clientId: z.string() })),
  })
  .nullable();

/**
 * Returns whether a customer's record has the clients that a state has. A rotation that the engine completed,
 * and nobody recorded, has created others or deleted a former one.
 */
export async function hasClientsOf(
  reading: Reading,
  { id, record }: Pick<CustomerRow, "id" | "record">,
  applied: Pick<AppliedCustomer, "record" | "retiring">,
): Promise<boolean> {
  if (clientsIn(record) !== clientsIn(applied.record)) return false;
  const left = new Set((applied.retiring ?? []).map(generationOf));
  const recorded = await reading
    .selectFrom("retiring_generations")
    .select(["cell", "purpose", "generation"])
    .where("customer_id", "=", id)
    .execute();
  return recorded.every((one) => left.has(generationOf(one)));
}

function clientsIn(record: object | null): string {
  const applications = recordSchema.parse(record)?.applications ?? [];
  return applications
    .map(({ cell, purpose, clientId }) => `${cell}/${purpose} ${clientId}`)
    .sort()
    .join("\n");
}

function generationOf(one: { cell: string; purpose: string; generation: number }): string {
  return `${one.cell}/${one.purpose} ${one.generation}`;
}
