import type { IntentEvent, JournalEvent } from "./event";
import { isDeleted, resultOf } from "./history";

/** Whether a customer may be deleted in production. */
export type RecordedStatus = "active" | "deprecated";

/** Whose status is asked for. */
export interface RecordedCustomer {
  /** `organization/project/stack`. */
  stack: string;
  /** The name of its tenant's resource in the stack. */
  customer: string;
}

/**
 * Reads from a journal whether a customer may be deleted: an `up` must have deprecated it, and have come to the end of
 * that. That it is active again counts from the intent on.
 *
 * @returns undefined where nothing is on record
 */
export function statusOnRecord(
  events: readonly JournalEvent[],
  { stack, customer }: RecordedCustomer,
): RecordedStatus | undefined {
  const changes = events.filter(
    (event): event is IntentEvent =>
      event.event === "intent" &&
      event.type === "Customer" &&
      event.stack === stack &&
      event.slot === customer &&
      (event.operation === "activate" ||
        (event.operation === "deprecate" && resultOf(events, event)?.outcome === "changed")),
  );
  const last = changes.at(-1);
  return last === undefined ? undefined : last.operation === "activate" ? "active" : "deprecated";
}

/** Finds which customer of a stack has a tenant: the slot in which the tenant was made, or adopted. */
export function customerOnRecord(
  events: readonly JournalEvent[],
  stack: string,
  tenantId: string,
): string | undefined {
  return events.findLast(
    (event) =>
      event.event === "result" &&
      event.type === "Tenant" &&
      event.operation === "create" &&
      event.stack === stack &&
      event.tenantId === tenantId,
  )?.slot;
}

/** Tells whether another application was made later in the place of one, and not deleted since. */
export function hasSuccessor(
  events: readonly JournalEvent[],
  { stack, name, applicationId }: { stack: string; name: string; applicationId: string },
): boolean {
  const made = events.filter(
    (event) =>
      event.event === "result" &&
      event.type === "TenantApplication" &&
      event.operation === "create" &&
      event.stack === stack &&
      event.slot === name &&
      event.applicationId !== undefined,
  );
  return made
    .slice(made.findLastIndex((event) => event.applicationId === applicationId) + 1)
    .some(({ applicationId: id = "" }) => !isDeleted(events, "TenantApplication", id));
}
