import type { IntentEvent, JournalEvent } from "pulumi-resistant-tenants/internal/journal";
import { groupBy } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { DeclaredCustomer, Value } from "./declared-customer";

/** Selects the changes of a customer. */
export interface ChangedPlace {
  customer: string;
  /** A customer that was removed and created again has another tenant, and no earlier changes. */
  tenantId: string | undefined;
}

const sideSchema = z.record(z.string(), z.custom<Value | null>());
const parametersSchema = z.object({ before: sideSchema, after: sideSchema });

/** The changes that are on record as made, in order, by customer. */
export type ChangesOnRecord = ReadonlyMap<string, readonly IntentEvent[]>;

/**
 * Finds the changes of a stack's customers that are on record as made.
 *
 * @param stack `organization/project/stack`
 */
export function changesOnRecord(events: readonly JournalEvent[], stack: string): ChangesOnRecord {
  const changed = new Set(
    events.flatMap((event) =>
      event.event === "result" && event.outcome === "changed" ? [event.intent] : [],
    ),
  );
  const made = events.flatMap((event) =>
    event.event === "intent" && event.type === "Customer" && event.stack === stack && changed.has(event.id)
      ? [event]
      : [],
  );
  return groupBy(made, ({ slot }) => slot);
}

/**
 * Updates the declared settings of a customer in the state with the changes recorded since: if an update
 * fails after a change, the component keeps the former settings, and each later update would record the same
 * change again.
 */
export function withChangesOnRecord(
  before: DeclaredCustomer,
  onRecord: ChangesOnRecord,
  { customer, tenantId }: ChangedPlace,
): DeclaredCustomer {
  const declared = new Map(Object.entries(before));
  for (const event of onRecord.get(customer) ?? []) {
    if (event.tenantId !== tenantId) continue;
    const { data } = parametersSchema.safeParse(event.parameters);
    for (const [path, value] of Object.entries(data?.after ?? {})) {
      if (!isSame(declared.get(path), data?.before[path])) continue;
      if (value === null) declared.delete(path);
      else declared.set(path, value);
    }
  }
  return Object.fromEntries(declared);
}

function isSame(one: Value | undefined, other: Value | null | undefined): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
