import { genesis, headsOf, type RecordedAs } from "./chain";
import { type Entry, eventsOf } from "./entry";
import type { FormerName, IntentEvent, JournalEvent } from "./event";
import type { Journal } from "./journal";
import { Memory } from "./memory";

/**
 * A stack that was renamed, or moved to another organization, project or backend, has one record under several names:
 * the first event under the present name says which names came before, and where their chains ended.
 */

/** The names that a stack had, and where its journal was under each. */
export interface FormerJournals {
  /** The stack's present name: `organization/project/stack`. */
  stack: string;
  /** Gives the names that the stack's state is known to have had. */
  namesOfState: () => Promise<readonly string[]> | readonly string[];
  /** Opens the journal that the stack had under a name. */
  open: (stack: string) => Journal;
}

/** Gives the former names of a stack that its journal tells, those of the former names included. */
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

/** Tells the events of a renamed stack under its present name, so that they are read as one record. */
export function underPresentName(
  events: readonly JournalEvent[],
  stack: string,
  former: ReadonlySet<string> = formerNamesIn(events, stack),
): JournalEvent[] {
  // What a former stack has moved here is here: that is no release of this stack's.
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

/** Gives the stack to which an object was moved (`pulumi state move`), if that is what an event says. */
function movedTo({ operation, parameters }: IntentEvent): string | undefined {
  const { to } = parameters;
  return operation === "release" && typeof to === "string" ? to : undefined;
}

/** Gives the hashes in which the chains of former names ended: a journal that lacks one was cut off there. */
export function formerHeads(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) =>
    entry.kind === "event"
      ? (entry.event.formerly ?? []).map(({ hash }) => hash).filter((hash) => hash !== genesis.hash)
      : [],
  );
}

/**
 * Makes one journal of those that a stack has had under its names. A renamed stack is read as a whole at each run: that
 * its own journal ends as the state says (`holds`) does not tell whether a journal of a former name has grown since, as
 * where a stack was renamed back and an update was killed in between.
 * What is read is told under the present name; what is
 * appended goes to the present journal, the first of it with the names that came before.
 */
export function withFormerNames(own: Journal, formerJournals: FormerJournals): Journal {
  const { stack } = formerJournals;
  let noted: Promise<Set<string>> | undefined;
  let whole: Promise<Memory> | undefined;

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

  /** Finds the former names that are not on record yet, and notes them as if they were. */
  async function takeNames(): Promise<FormerName[]> {
    const names = await formerJournals.namesOfState();
    if (names.every((name) => name === stack)) return [];
    noted ??= own.entries().then((entries) => namesIn(entries, stack));
    const known = await noted;
    const missing = new Set(names.filter((name) => name !== stack && !known.has(name)));
    if (missing.size === 0) return [];
    // Others that append at the same time need not say it, too.
    for (const name of missing) known.add(name);
    const heads = headsOf((await readAll()).entries);
    return [...missing].map((name) => ({ stack: name, ...(heads.get(name) ?? genesis) }));
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

  async function rememberAll(): Promise<Memory> {
    const memory = new Memory();
    for (const event of await read()) memory.add(event);
    return memory;
  }

  return {
    location: own.location,
    async append(event) {
      const formerly = await takeNames();
      const named = formerly.length === 0 ? event : { ...event, formerly };
      const entry = await own.append(named).catch((error: unknown) => {
        [noted, whole] = [undefined, undefined];
        throw error;
      });
      (await whole)?.add(entry.event);
      return entry;
    },
    async remember(known) {
      if (whole === undefined && !(await isRenamed())) {
        const memory = await own.remember(known);
        if (!memory.isRenamed) return memory;
      }
      whole ??= rememberAll().catch((error: unknown) => {
        whole = undefined;
        throw error;
      });
      return whole;
    },
    read,
    readFrom: (event) => own.readFrom(event),
    entries: async () => (await readAll()).entries,
    async *stream() {
      let isFirst = true;
      for await (const entries of own.stream()) {
        // The first event under a name tells the names before it: their journals come first.
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

function namesIn(entries: readonly Entry[], stack: string): Set<string> {
  return formerNamesIn(
    entries.flatMap((entry) => (entry.kind === "event" ? [entry.event] : [])),
    stack,
  );
}
