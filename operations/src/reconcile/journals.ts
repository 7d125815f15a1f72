import {
  eventsOf,
  type Journal,
  type JournalEvent,
  type RecordedAs,
  recordedAs,
} from "pulumi-resistant-tenants/internal/journal";

/** The whole journal of a stack. */
export interface WholeJournal {
  events: readonly JournalEvent[];
  /** The places of its unreadable lines. */
  unreadable: readonly string[];
}

/** A stack with its journal. */
interface WithJournal {
  journal: Pick<Journal, "location" | "entries" | "readFrom">;
}

/** Reads the journal of a stack. */
export type ReadJournal = (stack: WithJournal) => Promise<WholeJournal>;

/** A journal as it was read, and its last event then. */
interface Reading extends WholeJournal {
  last: RecordedAs | undefined;
  /** How many events there were up to the last one. */
  size: number;
}

/** Reads the journal of a stack, including lines that are no events. */
export async function readJournal({ journal }: WithJournal): Promise<Reading> {
  const entries = await journal.entries();
  const events = eventsOf(entries.filter(({ kind }) => kind !== "unreadable"));
  const last = entries.findLast((entry) => entry.kind === "event");
  return {
    events,
    unreadable: entries.flatMap(({ kind, where }) => (kind === "unreadable" ? [where] : [])),
    last: last === undefined ? undefined : recordedAs(last),
    size: events.length,
  };
}

/**
 * Returns a function that reads a journal once, and then only its new events: the stacks of a fleet may share one. As
 * long as there are none, it returns the same list of events, which is indexed once.
 */
export function readingOnce(): ReadJournal {
  const readings = new Map<string, Promise<Reading | undefined>>();
  return (stack) => {
    const { location } = stack.journal;
    const before = readings.get(location) ?? Promise.resolve(undefined);
    const next = before.then((reading) =>
      reading === undefined ? readJournal(stack) : withNewEvents(reading, stack),
    );
    readings.set(
      location,
      next.catch(() => undefined),
    );
    return next;
  };
}

async function withNewEvents(reading: Reading, stack: WithJournal): Promise<Reading> {
  const { last, size, events } = reading;
  // It throws at an unreadable line, whose place only reading the whole journal shows.
  const end = last && (await stack.journal.readFrom(last).catch(() => undefined));
  if (end === undefined) return readJournal(stack);
  const now = [...events.slice(0, size), ...end.slice(1)];
  return now.length === events.length ? reading : { ...reading, events: now };
}
