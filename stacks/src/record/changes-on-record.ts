import type { JournalEvent } from "pulumi-resistant-tenants/internal/journal";
import { z } from "zod";

import type { DeclaredCustomer, Value } from "./declared-customer";

/** Selects the changes of a customer. */
export interface ChangedPlace {
  /** `organization/project/stack`. */
  stack: string;
  customer: string;
  /** A customer that was removed and created again has another tenant, and no earlier changes. */
  tenantId: string | undefined;
}

const sideSchema = z.record(z.string(), z.custom<Value | null>());
const parametersSchema = z.object({ before: sideSchema, after: sideSchema });

/**
 * Updates the declared settings of a customer in the state with the changes recorded since: if an update
 * fails after a change, the component keeps the former settings, and each later update would record the same
 * change again.
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
