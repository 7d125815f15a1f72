import type { JournalEvent } from "./event";
import { memoryOf } from "./history";
import type { RecordedCustomer, RecordedStatus } from "./memory";

export type { RecordedCustomer, RecordedStatus } from "./memory";

/**
 * Reads from a journal whether a customer may be deleted: an `up` must have deprecated it, and have come to the end of
 * that. That it is active again counts from the intent on.
 *
 * @returns undefined where nothing is on record
 */
export function statusOnRecord(
  events: readonly JournalEvent[],
  customer: RecordedCustomer,
): RecordedStatus | undefined {
  return memoryOf(events).statusOf(customer);
}
