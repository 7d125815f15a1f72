import { inBatches } from "./batches";
import { chained, genesis, type Head, headsOf } from "./chain";
import { type Entry, type EventEntry, eventsOf, readEntry } from "./entry";
import type { JournalEvent } from "./event";

/** An append-only record of what is about to be done, and of what came of it. */
export interface Journal {
  /** Where it is, for people: a path or an `s3://` URL. */
  readonly location: string;
  /**
   * Puts an event on durable record, chained to the one of its stack before it.
   *
   * @returns Resolves with the event as it is on record.
   * @throws when it is not certain that the event will be there after a crash
   */
  append(event: JournalEvent): Promise<EventEntry>;
  /**
   * Reads all events, oldest first; none where there is no journal yet.
   *
   * @throws where it holds something that this version cannot read
   */
  read(): Promise<JournalEvent[]>;
  /** Reads all that it holds, whether or not it can be read as an event. */
  entries(): Promise<Entry[]>;
}

/** Where the lines of a journal are kept. */
export interface Store {
  readonly location: string;
  /** Puts events on durable record, one a line, after those that are there. */
  write(entries: readonly EventEntry[]): Promise<void>;
  /** Reads all lines, oldest first. */
  read(): Promise<Entry[]>;
  /** Tells whether nobody else has written since this store was last read or written. */
  isAsLeft(): Promise<boolean>;
}

/**
 * Makes a journal of a store. The chain is continued where a batch is written, and not before: where a write fails,
 * nobody knows how much of it is there, so the next one reads it anew.
 */
export function journalIn(store: Store): Journal {
  let heads: Map<string, Head> | undefined;
  const read = async (): Promise<Entry[]> => {
    heads = undefined;
    const entries = await store.read();
    heads = headsOf(entries);
    return entries;
  };
  const write = async (events: readonly JournalEvent[]): Promise<EventEntry[]> => {
    if (heads === undefined || !(await store.isAsLeft())) await read();
    const next = new Map(heads);
    heads = undefined;
    const entries = events.map((event) => {
      const text = JSON.stringify(chained(event, next.get(event.stack) ?? genesis));
      const entry = readEntry(text, store.location);
      if (entry.kind !== "event") throw new Error(`This is no event of a journal: ${text}`);
      for (const [stack, head] of headsOf([entry])) next.set(stack, head);
      return entry;
    });
    await store.write(entries);
    heads = next;
    return entries;
  };
  return {
    location: store.location,
    append: inBatches(write),
    read: async () => eventsOf(await read()),
    entries: read,
  };
}
