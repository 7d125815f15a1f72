import type { IntentEvent, JournalEvent, RecordedType, ResultEvent } from "./event";
import { Memory, objectIdOf, type Slot, type SlotHistory } from "./memory";

export { objectIdOf, type Slot, type SlotHistory } from "./memory";

/** Reads from a journal what became of the last create in a slot. */
export function historyOf(events: readonly JournalEvent[], wanted: Slot): SlotHistory {
  return indexOf(events).memory.historyOf(wanted);
}

/** Returns the creates of a stack that were begun last in their slot, and cut off: no one recorded how they ended. */
export function cutOffCreates(events: readonly JournalEvent[], stack: string): IntentEvent[] {
  return indexOf(events).memory.cutOffCreates(stack);
}

/**
 * Returns the ids of all objects of a type that the journal records as made.
 *
 * @param except a slot whose own are left out
 */
export function recordedIds(
  events: readonly JournalEvent[],
  type: RecordedType,
  except?: Pick<Slot, "stack" | "slot">,
): Set<string> {
  return indexOf(events).memory.recordedIds(type, except);
}

/**
 * Returns the ids of the objects of a type that a stack has handed over, and has not taken back since. A release that
 * was begun counts, unless it is known to have failed: where the state still holds the object, that tells better.
 */
export function releasedIds(
  events: readonly JournalEvent[],
  { type, stack }: Pick<Slot, "type" | "stack">,
): Set<string> {
  const { memory, releases } = indexOf(events);
  const ids = releases.filter((event) => event.type === type && event.stack === stack).flatMap(idsOf);
  return new Set(ids.filter((objectId) => memory.isReleased({ type, stack }, objectId)));
}

/** Returns whether an object may be gone by our own hand: a delete of it was begun, and is not known to have failed. */
export function mayBeDeleted(events: readonly JournalEvent[], type: RecordedType, objectId: string): boolean {
  return indexOf(events).memory.mayBeDeleted(type, objectId);
}

/** Returns the result of an intent, if it is on record. */
export function resultOf(events: readonly JournalEvent[], intent: IntentEvent): ResultEvent | undefined {
  return indexOf(events).results.get(intent.id);
}

/**
 * Returns whether something in the slot of an intent ended well after it: then it matters no more how the intent ended.
 */
export function isSettledLater(events: readonly JournalEvent[], intent: IntentEvent): boolean {
  const { places, settled } = indexOf(events);
  return (settled.get(slotOf(intent)) ?? -1) > (places.get(intent) ?? -1);
}

/** Returns whether a result settles what was open in its slot before. */
export function settles(event: JournalEvent): event is ResultEvent {
  return event.event === "result" && event.outcome !== "failed" && event.outcome !== "unknown";
}

/** Names the slot of an event. */
export function slotOf({ type, stack, slot, apiUrl }: Slot): string {
  return [type, stack, slot, apiUrl].join("\n");
}

/** What is asked of a list of events again and again. */
interface Index {
  memory: Memory;
  releases: JournalEvent[];
  results: Map<string, ResultEvent>;
  places: Map<JournalEvent, number>;
  /** Where the last event of each slot is that ended well. */
  settled: Map<string, number>;
  /** How many of the events are in it. */
  size: number;
}

/** A list is indexed once, however much is asked of it; what is put at its end later is added. */
const indexes = new WeakMap<readonly JournalEvent[], Index>();

function indexOf(events: readonly JournalEvent[]): Index {
  const index = indexes.get(events) ?? {
    memory: new Memory(),
    releases: [],
    results: new Map(),
    places: new Map(),
    settled: new Map(),
    size: 0,
  };
  indexes.set(events, index);
  for (; index.size < events.length; index.size += 1) {
    const event = events[index.size];
    if (event !== undefined) addTo(index, event);
  }
  return index;
}

function addTo({ memory, releases, results, places, settled, size }: Index, event: JournalEvent): void {
  memory.add(event);
  places.set(event, size);
  if (event.operation === "release") releases.push(event);
  if (event.event === "result") results.set(event.intent, event);
  if (settles(event)) settled.set(slotOf(event), size);
}

function idsOf(event: JournalEvent): string[] {
  const objectId = objectIdOf(event);
  return objectId === undefined ? [] : [objectId];
}
