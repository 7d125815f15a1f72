import type { IntentEvent, JournalEvent, RecordedType, ResultEvent } from "./event";

/**
 * What a slot's record says of the last create in it. `first` is the first of those that led to it: each one after that
 * repairs what may have been lost before, and may have been cut off itself.
 */
export type SlotHistory =
  /** Nothing is amiss: none was begun, or it surely failed, or what was made was deleted or handed over since. */
  | { kind: "clear" }
  /** One was begun, and its end is not on record, or not known: an object may exist that no state holds. */
  | { kind: "open"; intent: IntentEvent; first: IntentEvent }
  /** One ended well, with this object. */
  | { kind: "made"; intent: IntentEvent; first: IntentEvent; objectId: string };

/** Whose record is asked for. */
export interface Slot {
  type: RecordedType;
  stack: string;
  slot: string;
  apiUrl: string;
  /** The id of the object that the stack holds in it: whatever led to that is over. */
  heldId?: string | undefined;
}

/** Reads from a journal what became of the last create in a slot. */
export function historyOf(events: readonly JournalEvent[], wanted: Slot): SlotHistory {
  const ofSlot = events.filter(
    ({ type, stack, slot, apiUrl }) =>
      type === wanted.type && stack === wanted.stack && slot === wanted.slot && apiUrl === wanted.apiUrl,
  );
  const creates = ofSlot.filter(isIntent).filter(({ operation }) => operation === "create");
  const intent = creates.at(-1);
  if (intent === undefined) return { kind: "clear" };
  const result = resultOf(events, intent);
  // What was adopted was made by somebody else.
  const isOver = (earlier: IntentEvent): boolean =>
    isClear(events, wanted, earlier) || resultOf(events, earlier)?.outcome === "adopted";
  const first = creates[creates.findLastIndex(isOver) + 1] ?? intent;
  if (result === undefined || result.outcome === "unknown") return { kind: "open", intent, first };
  const objectId = objectIdOf(result);
  if (objectId === undefined || isClear(events, wanted, intent)) return { kind: "clear" };
  return { kind: "made", intent, first, objectId };
}

/** Tells whether nothing is left of a create that no state holds: it surely failed, or what was made went its way. */
function isClear(events: readonly JournalEvent[], { heldId, ...wanted }: Slot, intent: IntentEvent): boolean {
  const result = resultOf(events, intent);
  if (result === undefined || result.outcome === "unknown") return false;
  const objectId = objectIdOf(result);
  return (
    result.outcome === "failed" ||
    objectId === undefined ||
    objectId === heldId ||
    isDeleted(events, wanted.type, objectId) ||
    releasedIds(events, wanted).has(objectId)
  );
}

function isIntent(event: JournalEvent): event is IntentEvent {
  return event.event === "intent";
}

/** Gives the creates of a stack that were begun last in their slot, and cut off: nobody recorded how they ended. */
export function cutOffCreates(events: readonly JournalEvent[], stack: string): IntentEvent[] {
  const lastOfSlot = new Map<string, IntentEvent>();
  for (const event of events) {
    if (event.event === "intent" && event.stack === stack)
      lastOfSlot.set(`${event.type} ${event.slot}`, event);
  }
  return [...lastOfSlot.values()].filter(
    (intent) => intent.operation === "create" && resultOf(events, intent) === undefined,
  );
}

/**
 * Gives the ids of all objects of a type that the journal records as made.
 *
 * @param except a slot whose own are left out
 */
export function recordedIds(
  events: readonly JournalEvent[],
  type: RecordedType,
  except?: Pick<Slot, "stack" | "slot">,
): Set<string> {
  return new Set(
    events.flatMap((event) => {
      const isExcepted = event.slot === except?.slot && event.stack === except.stack;
      const id =
        event.event === "result" && event.type === type && event.operation === "create" && !isExcepted
          ? objectIdOf(event)
          : undefined;
      return id === undefined ? [] : [id];
    }),
  );
}

/**
 * Gives the ids of the objects of a type that a stack has handed over, and has not taken back since. A release that was
 * begun counts, unless it is known to have failed: where the state still holds the object, that tells better.
 */
export function releasedIds(
  events: readonly JournalEvent[],
  { type, stack }: Pick<Slot, "type" | "stack">,
): Set<string> {
  const released = new Set<string>();
  for (const event of events) {
    const objectId = objectIdOf(event);
    if (objectId === undefined || event.type !== type || event.stack !== stack) continue;
    if (event.event === "intent" && event.operation === "release") {
      if (resultOf(events, event)?.outcome !== "failed") released.add(objectId);
    } else if (event.event === "result" && event.operation === "create") released.delete(objectId);
  }
  return released;
}

/** Tells whether an object may be gone by our own hand: a delete of it was begun, and is not known to have failed. */
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

/** Gives the result of an intent, if it is on record. */
export function resultOf(events: readonly JournalEvent[], intent: IntentEvent): ResultEvent | undefined {
  const result = events.findLast((event) => event.event === "result" && event.intent === intent.id);
  return result?.event === "result" ? result : undefined;
}

/** Tells whether something in the slot of an intent ended well after it: then it matters no more how the intent ended. */
export function isSettledLater(events: readonly JournalEvent[], intent: IntentEvent): boolean {
  return events.slice(events.indexOf(intent) + 1).some((later) => settles(later, intent));
}

function settles(later: JournalEvent, intent: IntentEvent): boolean {
  return (
    later.event === "result" &&
    later.outcome !== "failed" &&
    later.outcome !== "unknown" &&
    later.type === intent.type &&
    later.stack === intent.stack &&
    later.slot === intent.slot &&
    later.apiUrl === intent.apiUrl
  );
}

/** Gives the id of the object that an event is about, if it has one. */
export function objectIdOf(event: JournalEvent): string | undefined {
  return event.type === "Tenant" ? event.tenantId : event.applicationId;
}

/** Tells whether an object is on record as deleted. */
export function isDeleted(events: readonly JournalEvent[], type: RecordedType, objectId: string): boolean {
  return events.some(
    (event) =>
      event.event === "result" &&
      event.type === type &&
      event.operation === "delete" &&
      (event.outcome === "deleted" || event.outcome === "gone") &&
      objectIdOf(event) === objectId,
  );
}
