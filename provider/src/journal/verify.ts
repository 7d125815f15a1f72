import { advance, genesis, type Head } from "./chain";
import {
  brokenLink,
  cutLine,
  type Defect,
  defect,
  describe,
  fork,
  type Note,
  openIntent,
  settledIntent,
  unreadable,
} from "./defects";
import type { Entry, EventEntry, ServiceEntry } from "./entry";
import type { JournalEvent, RecordedType } from "./event";
import { settles, slotOf } from "./history";
import { Links } from "./links";
import { type ObjectOnRecord, ObjectsOnRecord } from "./objects-on-record";
import { wrongVersion } from "./versions";

/** One stack's part of a journal. */
export interface VerifiedChain {
  stack: string;
  events: number;
  /** The beginning of the chain; undefined if no event of the stack contains a hash yet. */
  beginsAt: string | undefined;
  /** The number of unchained events before it, from an early version. */
  unchained: number;
  /** The last event's hash, to be stored elsewhere: a journal alone cannot show that its end was removed. */
  head: Head & { where: string; at: string };
}

/** The result. */
export interface Verification {
  chains: VerifiedChain[];
  /** The defects; none if the record is intact. */
  defects: Defect[];
  /** Notes that are not defects. */
  notes: Note[];
}

/**
 * Finds every gap and change in a journal. The first events, of a version that did not chain them, are covered by the
 * hash that the first chained event carries.
 *
 * @param expected hashes from earlier, which the journal must contain; they also reveal a missing end
 */
export function verifyJournal(
  entries: readonly Entry[],
  location: string,
  expected: readonly string[] = [],
): Verification {
  const verifier = new Verifier();
  verifier.take(entries);
  verifier.expect(expected, location);
  return verifier.finish();
}

/** The state of a stack's chain so far. */
interface Chain {
  stack: string;
  events: number;
  unchained: number;
  beginsAt: string | undefined;
  head: Head;
  last: EventEntry | ServiceEntry | undefined;
  /** The predecessor of its first event with a hash: none, or the last event without one. */
  root: { head: Head; followedAt?: string };
  links: Links;
  /** The places of events whose predecessor is missing, by its hash. */
  orphans: Map<string, string>;
}

/**
 * Verifies a journal while it is read, in order. It stores only an event's hash, unless a later event must complete it.
 */
export class Verifier {
  readonly #chains = new Map<string, Chain>();
  /** The defects, in the order of the lines; some are known only at the end. */
  readonly #defects: Array<() => Defect> = [];
  readonly #others: Defect[] = [];
  readonly #notes: Verification["notes"] = [];
  readonly #open = new Map<string, { entry: EventEntry; isSettled: boolean }>();
  readonly #openIn = new Map<string, Set<string>>();
  /** The present names of renamed stacks, by former ones, and the ends of the former chains. */
  readonly #presentNames = new Map<string, string>();
  readonly #formerHeads = new Set<string>();
  /** The intents that came after their results. */
  readonly #ended = new Set<string>();
  readonly #objects = new ObjectsOnRecord();

  /** Adds the next lines. */
  take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === "unreadable") {
        const defect = unreadable(entry);
        this.#defects.push(() => defect);
      } else if (entry.kind === "cut") this.#notes.push(cutLine(entry));
      else if (entry.kind === "service") this.#takeLink(entry);
      else {
        this.#takeNames(entry);
        const hash = this.#takeLink(entry);
        this.#takeOpen(entry);
        this.#objects.take(entry, hash, describe);
      }
    }
  }

  /** Returns the end of a stack's chain so far. */
  headOf(stack: string): Head {
    return this.#chains.get(stack)?.head ?? genesis;
  }

  /** Returns the number of an event by its hash; undefined if the journal does not contain it. */
  sequenceOf(hash: string): number | undefined {
    for (const { root, links } of this.#chains.values()) {
      if (root.head.hash === hash) return root.head.sequence;
      const link = links.find(hash);
      if (link !== undefined) return links.sequenceOf(link);
    }
    return undefined;
  }

  /** Returns the hashes of a stack's events, with their numbers. */
  *hashesOf(stack: string): Iterable<[hash: string, sequence: number]> {
    const chain = this.#chains.get(stack);
    if (chain === undefined) return;
    yield [chain.root.head.hash, chain.root.head.sequence];
    yield* chain.links;
  }

  /** Returns the hashes of the events that record a create. */
  createsOf(type: RecordedType, objectId: string): readonly string[] {
    return this.#objects.createsOf(type, objectId);
  }

  /** Returns the objects of a stack that were created, and neither deleted nor handed over. */
  objectsOf(stack: string): ObjectOnRecord[] {
    return [...this.#objects.of(stack)];
  }

  /** Adds defects from another source than the journal's own text. */
  add(...defects: readonly Defect[]): void {
    this.#others.push(...defects);
  }

  /** Adds notes. */
  note(...notes: Verification["notes"]): void {
    this.#notes.push(...notes);
  }

  /** Checks that the journal contains the given hashes. */
  expect(hashes: readonly string[], location: string): void {
    const missing = hashes.filter((hash) => this.sequenceOf(hash) === undefined);
    this.add(
      ...missing.map((hash) => ({
        kind: "notFound" as const,
        where: location,
        problem: `no event has the hash ${hash}: the end of the journal was removed or changed`,
      })),
    );
  }

  /** Checks that the chains of the stack's former names end where its events say. */
  expectFormerNames(location: string): void {
    this.expect([...this.#formerHeads], location);
  }

  /** Returns the result, after all lines were added. */
  finish(): Verification {
    const open = [...this.#open.values()];
    return {
      chains: [...this.#chains.values()].map(toVerified),
      defects: [
        ...this.#defects.map((tell) => tell()),
        ...this.#others,
        ...open.filter(({ isSettled }) => !isSettled).map(({ entry }) => openIntent(entry)),
      ],
      notes: [
        ...this.#notes,
        ...open.filter(({ isSettled }) => isSettled).map(({ entry }) => settledIntent(entry)),
      ],
    };
  }

  /** Adds the former names of an event's stack. */
  #takeNames({ event }: EventEntry): void {
    let isNew = false;
    for (const { stack, hash } of event.formerly ?? []) {
      isNew ||= this.#presentNames.get(stack) !== event.stack;
      this.#presentNames.set(stack, event.stack);
      if (hash !== genesis.hash) this.#formerHeads.add(hash);
    }
    if (!isNew) return;
    this.#openIn.clear();
    for (const [id, { entry, isSettled }] of this.#open) if (!isSettled) this.#addOpen(id, entry.event);
  }

  /** Names the slot of an event, under the present name of its stack. */
  #slotOf(event: JournalEvent): string {
    const seen = new Set([event.stack]);
    let { stack } = event;
    for (let next = this.#presentNames.get(stack); next !== undefined && !seen.has(next);) {
      seen.add(next);
      stack = next;
      next = this.#presentNames.get(stack);
    }
    const { type, slot, apiUrl } = event;
    return slotOf({ type, stack, slot, apiUrl });
  }

  #addOpen(id: string, event: JournalEvent): void {
    const slot = this.#slotOf(event);
    this.#openIn.set(slot, (this.#openIn.get(slot) ?? new Set()).add(id));
  }

  /** Adds an event to its stack's chain. */
  #takeLink(entry: EventEntry | ServiceEntry): string {
    const { stack, previous, sequence } = entry.event;
    const chain = this.#chains.get(stack) ?? newChain(stack);
    this.#chains.set(stack, chain);
    const { head, last, root, links, orphans } = chain;
    chain.events += 1;
    const problem = wrongVersion(entry);
    if (problem !== undefined) this.#defects.push(() => defect("changed", entry, problem));
    if (previous === undefined || sequence === undefined) {
      if (chain.beginsAt !== undefined) {
        if (problem === undefined)
          this.#defects.push(() => defect("changed", entry, "it has no hash, but the events before it do"));
        return "";
      }
      chain.unchained += 1;
      chain.head = advance(head, entry);
      // Only the last one can have a successor.
      chain.root = { head: chain.head };
      chain.last = entry;
      return chain.head.hash;
    }
    chain.beginsAt ??= entry.where;
    const followsRoot = previous === root.head.hash;
    const link = followsRoot ? undefined : links.find(previous);
    const followedAt = followsRoot
      ? root.followedAt
      : link === undefined
        ? orphans.get(previous)
        : links.followerOf(link);
    const before = followsRoot ? root.head.sequence : link === undefined ? undefined : links.sequenceOf(link);
    if (before !== undefined && sequence !== before + 1)
      this.#defects.push(() =>
        defect(
          "changed",
          entry,
          `its number is ${sequence}, but that of the event that it follows is ${before}`,
        ),
      );
    if (followedAt !== undefined) this.#defects.push(() => fork(entry, followedAt));
    else if (followsRoot) root.followedAt = entry.where;
    else if (link === undefined) {
      const isThere = (): boolean => links.find(previous) !== undefined;
      this.#defects.push(() => brokenLink(entry, last, { head, sequence, isThere: isThere() }));
      orphans.set(previous, entry.where);
    } else links.setFollower(link, entry.where);
    chain.head = advance(head, entry);
    links.add(chain.head.hash, sequence);
    chain.last = entry;
    return chain.head.hash;
  }

  /** Handles an event as an intent or a result. */
  #takeOpen(entry: EventEntry): void {
    const { event } = entry;
    if (event.event === "intent") {
      if (this.#ended.delete(event.id)) return;
      this.#open.set(event.id, { entry, isSettled: false });
      this.#addOpen(event.id, event);
      return;
    }
    const open = this.#open.get(event.intent);
    if (open === undefined) this.#ended.add(event.intent);
    else {
      const slot = this.#slotOf(open.entry.event);
      const inSlot = this.#openIn.get(slot);
      inSlot?.delete(event.intent);
      if (inSlot?.size === 0) this.#openIn.delete(slot);
    }
    this.#open.delete(event.intent);
    if (!settles(event)) return;
    const slot = this.#slotOf(event);
    for (const id of this.#openIn.get(slot) ?? []) {
      const settled = this.#open.get(id);
      if (settled !== undefined) settled.isSettled = true;
    }
    this.#openIn.delete(slot);
  }
}

function newChain(stack: string): Chain {
  return {
    stack,
    events: 0,
    unchained: 0,
    beginsAt: undefined,
    head: genesis,
    last: undefined,
    root: { head: genesis },
    links: new Links(),
    orphans: new Map(),
  };
}

function toVerified({ stack, events, beginsAt, unchained, head, last }: Chain): VerifiedChain {
  const { where = "", event } = last ?? {};
  return { stack, events, beginsAt, unchained, head: { ...head, where, at: event?.at ?? "" } };
}
