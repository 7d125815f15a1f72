import type { IntentEvent, JournalEvent, RecordedType, ResultEvent } from "../../../provider/src/journal";
import type { Slot, SlotHistory } from "../../../provider/src/journal";

/** What a journal's index has to answer, said as simply as can be: each question reads all events. */

export function historyOf(events: readonly JournalEvent[], wanted: Slot): SlotHistory {
  const creates = events
    .filter(
      ({ type, stack, slot, apiUrl }) =>
        type === wanted.type && stack === wanted.stack && slot === wanted.slot && apiUrl === wanted.apiUrl,
    )
    .filter((event) => event.event === "intent")
    .filter(({ operation }) => operation === "create")
    .filter((event) => resultOf(events, event)?.outcome !== "failed")
    .filter((event) => !isFoundAndDeleted(events, event));
  const intent = creates.at(-1);
  if (intent === undefined) return { kind: "clear" };
  const result = resultOf(events, intent);
  const isOver = (earlier: IntentEvent): boolean =>
    isClear(events, wanted, earlier) || resultOf(events, earlier)?.outcome === "adopted";
  const earlier = creates.slice(creates.findLastIndex(isOver) + 1, -1);
  const isOpen = (create: IntentEvent): boolean =>
    (resultOf(events, create)?.outcome ?? "unknown") === "unknown";
  if (result === undefined || result.outcome === "unknown")
    return { kind: "open", intent, earlier, lost: [...earlier.filter(isOpen), intent] };
  const objectId = objectIdOf(result);
  if (objectId === undefined || isClear(events, wanted, intent)) return { kind: "clear" };
  return { kind: "made", intent, earlier, objectId };
}

function isFailedCreate(events: readonly JournalEvent[], intent: IntentEvent): boolean {
  return intent.operation === "create" && resultOf(events, intent)?.outcome === "failed";
}

/**
 * Whether an application was deleted in the slot of a create, after its answer was lost, that neither is on record nor
 * was there before.
 */
function isFoundAndDeleted(events: readonly JournalEvent[], intent: IntentEvent): boolean {
  const { type, stack, slot, apiUrl, known } = intent;
  const result = resultOf(events, intent);
  if (type !== "TenantApplication" || known === undefined || result?.outcome !== "unknown") return false;
  return events.slice(events.indexOf(result)).some((event, index, later) => {
    const objectId = objectIdOf(event);
    const before = events.slice(0, events.length - later.length + index);
    return (
      event.event === "result" &&
      event.operation === "delete" &&
      event.type === type &&
      event.stack === stack &&
      event.slot === slot &&
      event.apiUrl === apiUrl &&
      (event.outcome === "deleted" || event.outcome === "gone") &&
      objectId !== undefined &&
      !known.includes(objectId) &&
      !recordedIds(before, type).has(objectId)
    );
  });
}

function isClear(events: readonly JournalEvent[], wanted: Slot, intent: IntentEvent): boolean {
  const result = resultOf(events, intent);
  if (result === undefined || result.outcome === "unknown") return false;
  const objectId = objectIdOf(result);
  return (
    objectId === undefined ||
    objectId === wanted.heldId ||
    isDeleted(events, wanted.type, objectId) ||
    isReleased(events, wanted, objectId)
  );
}

export function cutOffCreates(events: readonly JournalEvent[], stack: string): IntentEvent[] {
  const lastOfSlot = new Map<string, IntentEvent>();
  for (const event of events)
    if (event.event === "intent" && event.stack === stack && !isFailedCreate(events, event))
      lastOfSlot.set(`${event.type} ${event.slot}`, event);
  return [...lastOfSlot.values()].filter(
    (intent) => intent.operation === "create" && resultOf(events, intent) === undefined,
  );
}

export function recordedIds(
  events: readonly JournalEvent[],
  type: RecordedType,
  except?: Pick<Slot, "stack" | "slot">,
): Set<string> {
  const ids = events
    .filter((event) => event.event === "result" && event.type === type && event.operation === "create")
    .filter(({ slot, stack }) => !(slot === except?.slot && stack === except.stack))
    .map(objectIdOf);
  return new Set(ids.filter((id) => id !== undefined));
}

export function mayBeDeleted(events: readonly JournalEvent[], type: RecordedType, objectId: string): boolean {
  return events.some(
    (event) =>
      event.event === "intent" &&
      event.operation === "delete" &&
      event.type === type &&
      objectIdOf(event) === objectId &&
      resultOf(events, event)?.outcome !== "failed",
  );
}

function isReleased(
  events: readonly JournalEvent[],
  { type, stack }: Pick<Slot, "type" | "stack">,
  objectId: string,
): boolean {
  let released = false;
  for (const event of events) {
    if (objectIdOf(event) !== objectId || event.type !== type || event.stack !== stack) continue;
    if (event.event === "intent" && event.operation === "release")
      released ||= resultOf(events, event)?.outcome !== "failed";
    else if (event.event === "result" && event.operation === "create") released = false;
  }
  return released;
}

function isDeleted(events: readonly JournalEvent[], type: RecordedType, objectId: string): boolean {
  return events.some(
    (event) =>
      event.event === "result" &&
      event.type === type &&
      event.operation === "delete" &&
      (event.outcome === "deleted" || event.outcome === "gone") &&
      objectIdOf(event) === objectId,
  );
}

function resultOf(events: readonly JournalEvent[], intent: IntentEvent): ResultEvent | undefined {
  return events.filter((event) => event.event === "result").findLast((event) => event.intent === intent.id);
}

function objectIdOf(event: JournalEvent): string | undefined {
  return event.type === "Tenant" ? event.tenantId : event.applicationId;
}
