import type { Selectable } from "kysely";

import type { Reading } from "../context";
import { Problem } from "../problem";
import { digestOf } from "../records/canonical";
import type { CustomersTable } from "../records/schema";
import { type Difference, differencesOf } from "./differences";

export type CustomerRow = Selectable<CustomersTable>;

/**
 * Insists that a request was written from the record as it is.
 *
 * @throws {@link Problem} `stale` with what differs
 */
export async function insistOnCurrent(
  reading: Reading,
  customer: CustomerRow,
  basedOn: string | null,
): Promise<void> {
  const stale = await staleness(reading, customer, basedOn);
  if (stale !== undefined) throw stale;
}

/** Tells how the record has changed since a request was written; undefined where it has not. */
export async function staleness(
  reading: Reading,
  customer: CustomerRow,
  basedOn: string | null,
): Promise<Problem | undefined> {
  const etag = basedOn === null ? undefined : bareEtag(basedOn);
  if (etag === customer.etag) return undefined;
  const { stage, name } = customer;
  const differences = await differencesSince(reading, customer, etag);
  const what =
    differences === undefined
      ? "nothing is known of the record that it was written from"
      : `it changed in ${differences.map(({ path }) => path).join(", ") || "nothing that is declared"}`;
  return new Problem(
    "stale",
    `The record of customer ${name} in ${stage} has changed since this was written: ${what}. Read it again, and ask anew.`,
    { etag: customer.etag, differences: differences ?? [] },
  );
}

/** `GET` gives an ETag with quotes; a request may carry it with or without. */
function bareEtag(text: string): string {
  return text.replace(/^(?:W\/)?"(.*)"$/, "$1");
}

async function differencesSince(
  reading: Reading,
  { id, entry, status }: CustomerRow,
  etag: string | undefined,
): Promise<Difference[] | undefined> {
  if (etag === undefined) return undefined;
  const then = await reading
    .selectFrom("customer_versions")
    .select(["entry", "status"])
    .where("customer_id", "=", id)
    .where("etag", "=", etag)
    .executeTakeFirst();
  if (then === undefined) return undefined;
  return differencesOf({ ...then.entry, status: then.status }, { ...entry, status });
}

/** Gives the ETag of several customers' records together. */
export function etagOf(customers: readonly Pick<CustomerRow, "name" | "etag">[]): string {
  const etags = Object.fromEntries(customers.map(({ name, etag }) => [name, etag]));
  return digestOf(etags).slice("sha256:".length, "sha256:".length + 32);
}
