import type { JournalEvent } from "pulumi-resistant-tenants/internal/journal";
import { z } from "zod";

import type { DeclaredCustomer, Value } from "../customer/declared-customer";

/** Whose changes are asked for. */
export interface ChangedPlace {
  /** `organization/project/stack`. */
  stack: string;
  customer: string;
  /** A customer that was removed and created again has another tenant, and begins anew. */
  tenantId: string | undefined;
}

const sideSchema = z.record(z.string(), z.custom<Value | null>());
const parametersSchema = z.object({ before: sideSchema, after: sideSchema });

/**
 * Brings what the state says was declared of a customer up to what is on record as changed since: where an update fails
 * after that, its component keeps what was declared before, and the same change would be recorded again by each next
 * one.
 */
export function withChangesOnRecord(
  before: DeclaredCustomer,
  events: readonly JournalEvent[],
  { stack, customer, tenantId }: ChangedPlace,
): DeclaredCustomer {
  const changed = new Set(
    events.flatMap((event) =>
      event.event === "result" && event.outcome === "changed" ? [event.intent] : [],
    ),
  );
  const declared = new Map(Object.entries(before));
  for (const event of events) {
    if (event.event !== "intent" || event.type !== "Customer" || !changed.has(event.id)) continue;
    if (event.stack !== stack || event.slot !== customer || event.tenantId !== tenantId) continue;
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
