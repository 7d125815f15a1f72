import { genesis, headsOf, type RecordedAs } from "./chain";
import { type Entry, eventsOf } from "./entry";
import type { FormerName, IntentEvent, JournalEvent } from "./event";
import type { Journal } from "./journal";
import { Memory } from "./memory";

/**
 * A stack that was renamed, or moved to another organization, project or backend, has one record under
 * several names: the events under the present name contain the former names, and the ends of their chains.
 */

/** The former names of a stack, and the location of its journal under each. */
export interface FormerJournals {
  /** The stack's present name: `organization/project/stack`. */
  stack: string;
  /** Returns the former names that are known from the stack's state. */
  namesOfState: () => Promise<readonly string[]> | readonly string[];
  /** Opens the stack's journal under a former name. */
  open: (stack: string) => Journal;
}

/** The record of a stack under all of its names, and the end of the record under each former one. */
interface WholeRecord {
  memory: Memory;
  formerly: FormerName[];
}

/** Returns the former names in a stack's journal, and their former names. */
export function formerNamesIn(events: readonly JournalEvent[], stack: string): Set<string> {
  const names = new Set<string>();
  const next = [stack];
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    for (const event of events) {
      if (event.stack !== name) continue;
      for (const former of event.formerly ?? []) {
        if (former.stack === stack || names.has(former.stack)) continue;
        names.add(former.stack);
        next.push(former.stack);
      }
    }
  }
  return names;
}

/** Rewrites the events of a renamed stack to its present name, so that they are read as one record. */
export function underPresentName(
  events: readonly JournalEvent[],
  stack: string,
  former: ReadonlySet<string> = formerNamesIn(events, stack),
): JournalEvent[] {
  // What the stack moved to its present name is still here: it was not released.
  const names = new Set([...former, stack]);
  const moves = new Set(
    events.flatMap((event) =>
      former.has(event.stack) && event.event === "intent" && names.has(movedTo(event) ?? "")
        ? [event.id]
        : [],
    ),
  );
  return events
    .filter((event) => !moves.has(event.event === "intent" ? event.id : event.intent))
    .map((event) => (former.has(event.stack) ? { ...event, stack } : event));
}

/** Returns the stack to which an object was moved (`pulumi state move`), if the event records a move. */
function movedTo({ operation, parameters }: IntentEvent): string | undefined {
  const { to } = parameters;
  return operation === "release" && typeof to === "string" ? to : undefined;
}

/** Returns the hashes in which the chains of former names ended: a journal that lacks one was cut off there. */
export function formerHeads(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) =>
    entry.kind === "event"
      ? (entry.event.formerly ?? []).map(({ hash }) => hash).filter((hash) => hash !== genesis.hash)
      : [],
  );
}

/**
 * Merges the journals of a stack's present and former names. Events are read under the present name; new events go to
 * the present journal, each with the former names and the end of the record under each.
 *
 * A run reads only the end if that lists the state's objects, and no record of a former name has grown since,
 * as happens if a stack was renamed back and an update was killed in between.
 */
export function withFormerNames(own: Journal, formerJournals: FormerJournals): Journal {
  const { stack } = formerJournals;
  /**
   * Whether the end of the present journal is enough; undefined if the stack has no former name, or nothing was read.
   */
  let isEndEnough: Promise<boolean> | undefined;
  let whole: Promise<WholeRecord> | undefined;

  async function readAll(): Promise<{ entries: Entry[]; former: Set<string> }> {
    let entries = await own.entries();
    const read = new Set([own.location]);
    const former = new Set(await formerJournals.namesOfState());
    former.delete(stack);
    for (;;) {
      for (const name of namesIn(entries, stack)) former.add(name);
      const journal = [...former].map(formerJournals.open).find(({ location }) => !read.has(location));
      if (journal === undefined) return { entries, former };
      read.add(journal.location);
      entries = [...(await journal.entries()), ...entries];
    }
  }

  async function isRenamed(): Promise<boolean> {
    return (await formerJournals.namesOfState()).some((name) => name !== stack);
  }

  async function read(
    wanted: (event: JournalEvent) => boolean = () => true,
    from?: RecordedAs,
  ): Promise<JournalEvent[]> {
    const end = from === undefined ? undefined : await own.readFrom(from);
    if (end?.every((event) => event.stack === stack) === true) return end.filter(wanted);
    if (!(await isRenamed())) {
      const events = await own.read((event) => event.formerly !== undefined || wanted(event));
      if (formerNamesIn(events, stack).size === 0) return events.filter(wanted);
    }
    const { entries, former } = await readAll();
    return underPresentName(eventsOf(entries), stack, former).filter(wanted);
  }

  /** Returns whether the end of the present journal contains all that the state and the former records do. */
  async function isAll(formerly: readonly FormerName[]): Promise<boolean> {
    const told = new Set([stack, ...formerly.map((former) => former.stack)]);
    if ((await formerJournals.namesOfState()).some((name) => !told.has(name))) return false;
    for (const { stack: name, at, ...head } of formerly) {
      const events = at === undefined ? undefined : await formerJournals.open(name).readFrom({ ...head, at });
      if (events?.slice(1).every((event) => event.stack !== name) !== true) return false;
    }
    return true;
  }

  function rememberAll(): Promise<WholeRecord> {
    const reading = async (): Promise<WholeRecord> => {
      const { entries, former } = await readAll();
      const memory = new Memory();
      for (const event of underPresentName(eventsOf(entries), stack, former)) memory.add(event);
      return { memory, formerly: endsOf(entries, former) };
    };
    whole ??= reading().catch(forgetAndThrow);
    return whole;
  }

  function forgetAndThrow(error: unknown): never {
    [isEndEnough, whole] = [undefined, undefined];
    throw error;
  }

  return {
    location: own.location,
    async append(event) {
      const isWholeNeeded = whole !== undefined || ((await isRenamed()) && (await isEndEnough) !== true);
      if (!isWholeNeeded) return own.append(event);
      const { memory, formerly } = await rememberAll();
      memory.add(event);
      return own.append({ ...event, formerly, holds: memory.holdingOf(stack) }).catch(forgetAndThrow);
    },
    async remember(known) {
      if (whole !== undefined) return (await whole).memory;
      const memory = await own.remember(known);
      const { formerly } = memory;
      if (formerly.length === 0 && !(await isRenamed())) return memory;
      if (memory.isOfEnd) {
        isEndEnough ??= isAll(formerly).catch(forgetAndThrow);
        if (await isEndEnough) return memory;
      }
      return (await rememberAll()).memory;
    },
    read,
    readFrom: (event) => own.readFrom(event),
    entries: async () => (await readAll()).entries,
    async *stream() {
      let isFirst = true;
      for await (const entries of own.stream()) {
        // The first event under a name contains the former names: their journals come first.
        if (isFirst && ((await isRenamed()) || namesIn(entries, stack).size > 0)) {
          yield (await readAll()).entries;
          return;
        }
        isFirst = false;
        yield entries;
      }
      if (isFirst && (await isRenamed())) yield (await readAll()).entries;
    },
    traces: () => own.traces(),
  };
}

/** Returns the end of the record under each former name. */
function endsOf(entries: readonly Entry[], former: ReadonlySet<string>): FormerName[] {
  const ends = new Map(
    [...former].sort().map((name): [string, FormerName] => [name, { stack: name, ...genesis }]),
  );
  const heads = headsOf(entries);
  for (const entry of entries) {
    if (entry.kind !== "event") continue;
    const { stack, at } = entry.event;
    if (ends.has(stack)) ends.set(stack, { stack, ...(heads.get(stack) ?? genesis), at });
  }
  return [...ends.values()];
}

function namesIn(entries: readonly Entry[], stack: string): Set<string> {
  return formerNamesIn(
    entries.flatMap((entry) => (entry.kind === "event" ? [entry.event] : [])),
    stack,
  );
}
