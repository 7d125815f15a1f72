import type { Selectable } from "kysely";

import { Problem } from "../problem";
import type { CustomersTable, Reading } from "../records/schema";
import { digestOf } from "../signing/signature";
import { type Difference, differencesOf } from "./differences";

/** A customer, as the database returns it. */
export type CustomerRow = Selectable<CustomersTable>;

/**
 * Ensures that a request is based on the present record.
 *
 * @throws {@link Problem} `stale` with the differences
 */
export async function insistOnCurrent(
  reading: Reading,
  customer: CustomerRow,
  basedOn: string | null,
): Promise<void> {
  const stale = await staleness(reading, customer, basedOn);
  if (stale !== undefined) throw stale;
}

/** Returns how the record has changed since a request was written; undefined if it has not. */
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
      ? "the record that it is based on is unknown"
      : `it changed in ${differences.map(({ path }) => path).join(", ") || "nothing that is declared"}`;
  return new Problem(
    "stale",
    `The record of customer ${name} in ${stage} has changed since this was written: ${what}. Read it again, then send a new request.`,
    { etag: customer.etag, differences: differences ?? [], isKnown: differences !== undefined },
  );
}

/** Returns whether the record's changes are known, and change nothing declared. */
export function changesNothingDeclared({ more }: Problem): boolean {
  return more["isKnown"] === true && Array.isArray(more["differences"]) && more["differences"].length === 0;
}

/** Returns whether a failed request's problem is that it was written for an older record: no retry helps. */
export function failedAsStale(problem: unknown): boolean {
  return typeof problem === "object" && problem !== null && "code" in problem && problem.code === "stale";
}

/** `GET` returns an ETag in quotes; a request may contain it with or without. */
export function bareEtag(text: string): string {
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

/** Returns the ETag of several customers' records together. */
export function etagOf(customers: readonly Pick<CustomerRow, "name" | "etag">[]): string {
  const etags = Object.fromEntries(customers.map(({ name, etag }) => [name, etag]));
  return digestOf(etags).slice("sha256:".length, "sha256:".length + 32);
}
