import { inBatches } from "../concurrency";
import { advance, chained, genesis, type Head, type RecordedAs } from "./chain";
import type { Note } from "./defects";
import { type Entry, type EventEntry, eventsOf, readEntry } from "./entry";
import type { JournalEvent } from "./event";
import { type HeldBefore, Memory } from "./memory";
import { inSmallHeap } from "./small-heap";

/** What the state shows of a stack before its journal is read. */
export interface KnownBefore extends HeldBefore {
  /** The last create of an object in the state: the journal is read from there. */
  last: RecordedAs;
}

/** An append-only record of intents and their results. */
export interface Journal {
  /** Its location, for messages: a path or an `s3://` URL. */
  readonly location: string;
  /**
   * Puts an event on durable record, chained to the one of its stack before it.
   *
   * @returns Resolves with the event as it is on record.
   * @throws when it is not certain that the event will be there after a crash
   */
  append(event: JournalEvent): Promise<EventEntry>;
  /**
   * Returns what a run must know about it; appended events are added. If the state contains exactly what the journal
   * says, only the events after the last create in the state are read. Otherwise, and without `known`, all are read.
   *
   * @throws if an event cannot be read by this version
   */
  remember(known?: KnownBefore): Promise<Memory>;
  /**
   * Reads events, oldest first; none if there is no journal yet.
   *
   * @param wanted returns whether to keep an event, so that a long journal need not be in memory as a whole;
   * default: all
   * @param from the event to start with, so that only the end of a long journal is read; default, and if the
   * journal does not have it: the first
   * @throws if an event cannot be read by this version
   */
  read(wanted?: (event: JournalEvent) => boolean, from?: RecordedAs): Promise<JournalEvent[]>;
  /** Reads the events from one on, at its own location only; undefined if the event is not there. */
  readFrom(event: RecordedAs): Promise<JournalEvent[] | undefined>;
  /** Reads all lines, including those that are not events. */
  entries(): Promise<Entry[]>;
  /** The same in batches: a long journal need not be in memory as a whole. */
  stream(): AsyncIterable<readonly Entry[]>;
  /** Looks for signs, outside the text, that stored events were changed. */
  traces(): Promise<Traces>;
}

/** What was found at a journal's location, and what could not be inspected. */
export interface Traces {
  found: Array<{ kind: "changed" | "missing"; where: string; problem: string }>;
  notes: Note[];
}

/** How far a journal was read or written, if its storage can report it: the size of a file. */
export interface Reached {
  bytes: number;
}

/** The storage of a journal's lines. */
export interface Store {
  readonly location: string;
  /**
   * Appends events durably, one per line.
   *
   * @returns Resolves with how far the journal is written then.
   */
  write(entries: readonly EventEntry[]): Promise<Reached>;
  /**
   * Reads all lines, oldest first.
   *
   * @param reached updated with how far it has read
   */
  read(reached?: Reached): AsyncIterable<readonly Entry[]>;
  /** Reads the lines from an event on; undefined if it does not find it. */
  readFrom(event: RecordedAs): Promise<{ entries: Entry[]; reached: Reached } | undefined>;
  /** Returns whether nothing was written since the journal was read or written up to there. */
  isAsLeft(reached: Reached): Promise<boolean>;
  /**
   * Called before the first write of some runs; may prepare faster reads. It never fails.
   *
   * @param isLongRun whether the run has read the whole journal, and takes long anyway. Of the other runs, one in 16
   * calls this.
   */
  tidy?(isLongRun: boolean): Promise<void>;
  traces?(): Promise<Traces>;
}

/** What a journal must know to continue: whether it was read completely, the ends of its chains, and its contents. */
interface Read {
  isWhole: boolean;
  heads: Map<string, Head>;
  memory: Memory;
  reached: Reached;
}

/** The last digit of the last event's hash that makes a run tidy although it reads only the end: one run in 16. */
const tidyingEnd = "0";

/**
 * Creates a journal of a store. Events are chained when a batch is written. After a failed write it is unknown how much
 * was stored, so the next write reads the journal again.
 */
export function journalIn(store: Store): Journal {
  let current: Read | undefined;
  let isTidy = false;
  const readAll = async (known?: KnownBefore): Promise<Read> => {
    current = undefined;
    const tips = new Tips();
    const memory = new Memory();
    const sinceRenamed = known === undefined ? undefined : new SinceRenamed(known);
    const reached: Reached = { bytes: 0 };
    for await (const entries of inSmallHeap(store.read(reached))) {
      for (const event of eventsOf(entries)) {
        memory.add(event);
        sinceRenamed?.add(event);
      }
      tips.add(entries);
    }
    const end = sinceRenamed?.end();
    return { isWhole: end === undefined, heads: tips.heads(), memory: end ?? memory, reached };
  };
  const readWhat = async (known: KnownBefore | undefined): Promise<Read> => {
    if (current !== undefined && (current.isWhole || known !== undefined)) return current;
    current = (known === undefined ? undefined : await readAfter(store, known)) ?? (await readAll(known));
    return current;
  };
  const write = async (events: readonly JournalEvent[]): Promise<EventEntry[]> => {
    const { isWhole, heads, memory } =
      current !== undefined && (await store.isAsLeft(current.reached)) ? current : await readAll();
    current = undefined;
    const [end] = heads.values();
    if (!isTidy && (isWhole || end?.hash.endsWith(tidyingEnd) === true)) await store.tidy?.(isWhole);
    isTidy = true;
    const next = new Map(heads);
    const entries = events.map((event) => {
      memory.add(event);
      const head = next.get(event.stack) ?? genesis;
      // The objects under its former names are known only if the state was known when this was read.
      const { formerly } = memory;
      const isKnown = memory.isOfEnd || formerly.length === 0;
      const holds = event.holds ?? (isKnown ? memory.holdingOf(event.stack) : undefined);
      const text = JSON.stringify(
        chained(formerly.length === 0 ? event : { ...event, formerly }, head, holds),
      );
      const entry = readEntry(text, store.location);
      if (entry.kind !== "event") throw new Error(`This is not a journal event: ${text}`);
      next.set(event.stack, advance(head, entry));
      return entry;
    });
    const reached = await store.write(entries);
    current = { isWhole, heads: next, memory, reached };
    return entries;
  };
  const readEnd = async (from: RecordedAs): Promise<JournalEvent[] | undefined> => {
    const read = await store.readFrom(from);
    if (read === undefined) return undefined;
    if (current !== undefined)
      current = takeIn(current, read.entries) ? { ...current, reached: read.reached } : undefined;
    return eventsOf(read.entries);
  };
  let turn: Promise<unknown> = Promise.resolve();
  /** A read during a write would miss events, so it waits; a read during another read waits for that one. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => undefined);
    return next;
  };
  const readFrom = (from: RecordedAs): Promise<JournalEvent[] | undefined> => inTurn(() => readEnd(from));
  async function* streamed(): AsyncIterable<readonly Entry[]> {
    yield* inSmallHeap(store.read());
  }
  const entries = async (): Promise<Entry[]> => {
    const all: Entry[] = [];
    for await (const some of inSmallHeap(store.read())) for (const entry of some) all.push(entry);
    return all;
  };
  return {
    location: store.location,
    append: inBatches((events) => inTurn(() => write(events))),
    remember: (known) => inTurn(async () => (await readWhat(known)).memory),
    read: async (wanted = () => true, from?: RecordedAs) => {
      const end = from === undefined ? undefined : await readFrom(from);
      if (end !== undefined) return end.filter(wanted);
      const events: JournalEvent[] = [];
      for await (const some of streamed())
        for (const event of eventsOf(some)) if (wanted(event)) events.push(event);
      return events;
    },
    readFrom,
    entries,
    stream: streamed,
    traces: async () => (await store.traces?.()) ?? { found: [], notes: [] },
  };
}

/**
 * Reads the events after the last create in the state. They are enough if the chain is intact from there on,
 * and its last event lists exactly the state's objects: then no earlier create is open or lost.
 */
async function readAfter(store: Store, known: KnownBefore): Promise<Read | undefined> {
  const { entries = [], reached = { bytes: 0 } } = (await store.readFrom(known.last)) ?? {};
  // Reading all of it shows the place of the unreadable event.
  if (entries.some(({ kind }) => kind === "unreadable")) return undefined;
  const own = entries
    .filter((entry) => entry.kind === "event")
    .filter(({ event }) => event.stack === known.stack);
  const [first] = own;
  if (first === undefined) return undefined;
  let head = advance(genesis, first);
  for (const entry of own.slice(1)) {
    if (entry.event.previous !== head.hash) return undefined;
    head = advance(head, entry);
  }
  if (own.at(-1)?.event.holds !== known.holding) return undefined;
  const memory = new Memory(known);
  for (const { event } of own) memory.addEarlier(event);
  return { isWhole: false, heads: new Map([[known.stack, head]]), memory, reached };
}

/**
 * The journal of a stack that was renamed, and in which nothing was created since: its last create is in the
 * journal of a former name, and everything after it is here.
 */
class SinceRenamed {
  readonly #memory: Memory;
  #last: JournalEvent | undefined;

  constructor(private readonly known: KnownBefore) {
    this.#memory = new Memory(known);
  }

  add(event: JournalEvent): void {
    if (event.stack !== this.known.stack) return;
    this.#memory.addEarlier(event);
    this.#last = event;
  }

  /** Returns the memory, if the last event lists exactly the state's objects. */
  end(): Memory | undefined {
    const { formerly, holds } = this.#last ?? {};
    return formerly !== undefined && holds === this.known.holding ? this.#memory : undefined;
  }
}

/**
 * Reads what another process of the same run has written since: the program and the provider of its resources
 * write to one journal.
 *
 * @returns whether each known chain continues to its end
 */
function takeIn({ heads, memory }: Read, entries: readonly Entry[]): boolean {
  if (entries.some(({ kind }) => kind === "unreadable")) return false;
  const ends = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind !== "event") continue;
    const { stack, previous } = entry.event;
    const head = heads.get(stack);
    const isNext = head !== undefined && head.hash === previous;
    const after = isNext ? advance(head, entry) : advance(genesis, entry);
    ends.set(stack, after.hash);
    if (!isNext) continue;
    heads.set(stack, after);
    memory.add(entry.event);
  }
  return [...heads].every(([stack, { hash }]) => !ends.has(stack) || ends.get(stack) === hash);
}

/** Finds where each stack's chain ends. The hash of a chained event does not depend on earlier events. */
class Tips {
  readonly #ends = new Map<string, EventEntry | Head>();

  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind !== "event") continue;
      const { stack, previous } = entry.event;
      const before = this.#ends.get(stack);
      this.#ends.set(stack, previous === undefined ? advance(headAt(before), entry) : entry);
    }
  }

  heads(): Map<string, Head> {
    return new Map([...this.#ends].map(([stack, end]) => [stack, headAt(end)]));
  }
}

function headAt(end: EventEntry | Head | undefined): Head {
  if (end === undefined) return genesis;
  return "text" in end ? advance(genesis, end) : end;
}
