import type { JournalEvent } from "../../provider/src/journal";
import type { Operation } from "../../sandbox/api";
import { slotOfName } from "./objects";

/** The operations whose calls a lifecycle is killed at. */
export const killedOperations = [
  "createTenant",
  "createTenantApplication",
  "deleteTenantApplication",
  "deleteTenant",
  "getTenants",
  "getTenantApplications",
  "token",
] as const;
export type KilledOperation = (typeof killedOperations)[number];

/**
 * Where at a call the kill comes: once what is meant is in the journal, and before anything else; before the API carried
 * it out; after it did and before it answered; or once the answer was sent and before the state, or the journal, can
 * hold what it says.
 */
export const moments = ["recorded", "before", "after", "answered"] as const;
export type Moment = (typeof moments)[number];

/** What is recorded of an operation before it is done: those that change something. */
export const recordedAs: Partial<Record<Operation, { operation: string; type: string }>> = {
  createTenant: { operation: "create", type: "Tenant" },
  createTenantApplication: { operation: "create", type: "TenantApplication" },
  deleteTenant: { operation: "delete", type: "Tenant" },
  deleteTenantApplication: { operation: "delete", type: "TenantApplication" },
};

/**
 * Returns whether an event says that an operation is about to be done.
 *
 * @param subject the customer or the slot that it must be about; default: any
 */
export function isAnnouncement(
  { event, operation, type, slot }: Pick<JournalEvent, "event" | "operation" | "type" | "slot">,
  announced: Operation,
  subject?: string,
): boolean {
  const recorded = recordedAs[announced];
  return (
    event === "intent" &&
    operation === recorded?.operation &&
    type === recorded.type &&
    (subject === undefined || slotOfName(slot) === subject)
  );
}

/** A place to be killed at. */
export interface Boundary {
  operation: KilledOperation;
  moment: Moment;
}

/** Every boundary. Lifecycle `i` is killed at boundary `i` modulo their number, so that none is left to chance. */
export const boundaries: readonly Boundary[] = moments.flatMap((moment) =>
  killedOperations
    .filter((operation) => moment !== "recorded" || recordedAs[operation] !== undefined)
    .map((operation) => ({ operation, moment })),
);

/** Names a boundary in tallies and reports. */
export function boundaryName({ operation, moment }: Boundary): string {
  return `${operation} ${moment}`;
}
