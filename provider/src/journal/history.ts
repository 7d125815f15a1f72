import type { IntentEvent, JournalEvent, RecordedType, ResultEvent } from "./event";
import { Memory, objectIdOf, type Slot, type SlotHistory } from "./memory";

export { objectIdOf, type Slot, type SlotHistory } from "./memory";

/** Reads the outcome of the last create in a slot from a journal. */
export function historyOf(events: readonly JournalEvent[], wanted: Slot): SlotHistory {
  return indexOf(events).memory.historyOf(wanted);
}

/** Returns the interrupted creates of a stack: each is the last one in its slot and has no result on record. */
export function cutOffCreates(events: readonly JournalEvent[], stack: string): IntentEvent[] {
  return indexOf(events).memory.cutOffCreates(stack);
}

/** Returns the ids of all objects of a type that were created according to the journal. */
export function recordedIds(events: readonly JournalEvent[], type: RecordedType): Set<string> {
  return indexOf(events).memory.recordedIds(type);
}

/**
 * Returns the ids of the objects of a type that a stack has handed over, and has not taken back since. A release that
 * was started counts unless it is known to have failed. If the state still contains the object, go by the state
 * instead.
 */
export function releasedIds(
  events: readonly JournalEvent[],
  { type, stack }: Pick<Slot, "type" | "stack">,
): Set<string> {
  const { memory, releases } = indexOf(events);
  const ids = releases.filter((event) => event.type === type && event.stack === stack).flatMap(idsOf);
  return new Set(ids.filter((objectId) => memory.isReleased({ type, stack }, objectId)));
}

/** Returns whether this project may have deleted an object: a delete was started, and is not known to have failed. */
export function mayBeDeleted(events: readonly JournalEvent[], type: RecordedType, objectId: string): boolean {
  return indexOf(events).memory.mayBeDeleted(type, objectId);
}

/** Returns the result of an intent, if it is on record. */
export function resultOf(events: readonly JournalEvent[], intent: IntentEvent): ResultEvent | undefined {
  return indexOf(events).results.get(intent.id);
}

/**
 * Returns whether a later operation succeeded in the slot of an intent: then the intent's own result no longer matters.
 */
export function isSettledLater(events: readonly JournalEvent[], intent: IntentEvent): boolean {
  const { places, settled } = indexOf(events);
  return (settled.get(slotOf(intent)) ?? -1) > (places.get(intent) ?? -1);
}

/** Returns whether a create is the last one of its slot on record that may matter: no later one succeeded or is open. */
export function isLastCreate(events: readonly JournalEvent[], intent: IntentEvent): boolean {
  return indexOf(events).memory.isLastCreate(intent);
}

/** Returns whether a result settles what was open in its slot before. */
export function settles(event: JournalEvent): event is ResultEvent {
  return event.event === "result" && event.outcome !== "failed" && event.outcome !== "unknown";
}

/** Names the slot of an event. */
export function slotOf({ type, stack, slot, apiUrl }: Slot): string {
  return [type, stack, slot, apiUrl].join("\n");
}

/** An index of a list of events. */
interface Index {
  memory: Memory;
  releases: JournalEvent[];
  results: Map<string, ResultEvent>;
  places: Map<JournalEvent, number>;
  /** The position of the last successful event of each slot. */
  settled: Map<string, number>;
  /** How many of the events are indexed. */
  size: number;
}

/** Each list is indexed once; events that are appended later are added to the index. */
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
