import { advance, genesis, type Head } from "./chain";
import type { Entry, EventEntry } from "./entry";
import type { JournalEvent } from "./event";
import { underPresentNames } from "./former-names";
import { isSettledLater, resultOf } from "./history";

/** What can be wrong with a journal. */
export type DefectKind =
  /** An event is not what it was when the next one was written. */
  | "changed"
  /** Events were taken out. */
  | "missing"
  /** An event stands before the one that it follows. */
  | "moved"
  /** Two events follow the same one. */
  | "fork"
  /** A line is no event. */
  | "unreadable"
  /** What is known from elsewhere to have been on record is not. */
  | "notFound"
  /** An intent has no result, and nothing that came later settled it. */
  | "open";

/** One thing that is wrong with a journal. */
export interface Defect {
  kind: DefectKind;
  /** `file:line`, or `s3://bucket/key:line`. */
  where: string;
  problem: string;
}

/** What a journal holds of one stack. */
export interface VerifiedChain {
  stack: string;
  events: number;
  /** Where the chain begins; undefined where no event of the stack carries a hash yet. */
  beginsAt: string | undefined;
  /** How many events there are before it, of a version that did not chain them. */
  unchained: number;
  /** The last event's hash: to be noted elsewhere, since a journal alone cannot tell that its end was taken away. */
  head: Head & { where: string; at: string };
}

/** What was found. */
export interface Verification {
  chains: VerifiedChain[];
  /** What is wrong; none where the record is whole. */
  defects: Defect[];
  /** What is worth knowing, and is not wrong. */
  notes: Array<{ where: string; note: string }>;
}

/**
 * Looks for every gap and change in a journal. The first events, of a version that did not chain them, are covered by
 * the hash that the first chained event carries.
 *
 * @param expected hashes that must be in it, noted before; with them a missing end shows, too
 */
export function verifyJournal(
  entries: readonly Entry[],
  location: string,
  expected: readonly string[] = [],
): Verification {
  const events = entries.filter((entry) => entry.kind === "event");
  const stacks = [...new Set(events.map(({ event }) => event.stack))];
  const looked = stacks.map((stack) =>
    verifyChain(
      stack,
      events.filter(({ event }) => event.stack === stack),
    ),
  );
  const known = new Set(looked.flatMap(({ hashes }) => [...hashes]));
  const missing = expected.filter((hash) => !known.has(hash));
  return {
    chains: looked.map(({ chain }) => chain),
    defects: [
      ...entries.filter(({ kind }) => kind === "unreadable").map(unreadable),
      ...looked.flatMap(({ defects }) => defects),
      ...missing.map((hash) => ({
        kind: "notFound" as const,
        where: location,
        problem: `no event has the hash ${hash}: the end of the journal was taken away, or changed`,
      })),
      ...openIntents(events)
        .filter(({ isSettled }) => !isSettled)
        .map(openIntent),
    ],
    notes: [
      ...entries.filter(({ kind }) => kind === "cut").map(cutLine),
      ...openIntents(events)
        .filter(({ isSettled }) => isSettled)
        .map(settledIntent),
    ],
  };
}

function verifyChain(
  stack: string,
  entries: readonly EventEntry[],
): { chain: VerifiedChain; hashes: ReadonlySet<string>; defects: Defect[] } {
  const isChained = ({ event }: EventEntry): boolean => event.previous !== undefined;
  const start = entries.findIndex(isChained);
  const old = start === -1 ? entries : entries.slice(0, start);
  const rest = entries.slice(old.length);
  const upToOld = old.reduce(advance, genesis);
  const allHashes = new Set(rest.map((entry) => advance(genesis, entry).hash));

  const defects: Defect[] = [];
  const hashes = new Set([upToOld.hash]);
  const followers = new Map<string, EventEntry>();
  let head = upToOld;
  let last = old.at(-1);
  for (const entry of rest) {
    const { previous, sequence } = entry.event;
    if (previous === undefined || sequence === undefined) {
      defects.push(defect("changed", entry, "it carries no hash, and the events before it do"));
      continue;
    }
    const follower = followers.get(previous);
    if (follower !== undefined) {
      defects.push(
        defect(
          "fork",
          entry,
          `it follows the same event as ${follower.where}: two wrote at once (${describe(follower.event)}; ${describe(entry.event)}), or one of them was added`,
        ),
      );
    } else if (!hashes.has(previous)) {
      defects.push(brokenLink(entry, last, { head, sequence, isThere: allHashes.has(previous) }));
    }
    if (follower === undefined) followers.set(previous, entry);
    head = advance(head, entry);
    hashes.add(head.hash);
    last = entry;
  }
  return {
    chain: {
      stack,
      events: entries.length,
      beginsAt: rest[0]?.where,
      unchained: old.length,
      head: { ...head, where: last?.where ?? "", at: last?.event.at ?? "" },
    },
    hashes,
    defects,
  };
}

/** Tells why an event does not follow the one before it: the numbers tell a gap from a change. */
function brokenLink(
  entry: EventEntry,
  last: EventEntry | undefined,
  { head, sequence, isThere }: { head: Head; sequence: number; isThere: boolean },
): Defect {
  if (isThere)
    return defect("moved", entry, "it stands before the event that it follows: the order was changed");
  const gap = sequence - head.sequence - 1;
  if (gap > 0) {
    const numbers = gap === 1 ? `event ${sequence - 1}` : `events ${head.sequence + 1} to ${sequence - 1}`;
    return defect(
      "missing",
      entry,
      last === undefined
        ? `${numbers} before it, the first of the stack, ${gap === 1 ? "is" : "are"} missing`
        : `${numbers} between ${last.where} and it ${gap === 1 ? "is" : "are"} missing`,
    );
  }
  if (last === undefined)
    return defect("changed", entry, "it is the first of its stack, and does not begin a chain");
  return last.event.previous === undefined
    ? defect(
        "changed",
        last,
        `it, or an event of the stack before it, was changed, added or taken out after ${entry.where} was written`,
      )
    : defect("changed", last, `it was changed after ${entry.where} was written (${describe(last.event)})`);
}

interface OpenIntent {
  entry: EventEntry;
  isSettled: boolean;
}

function openIntents(raw: readonly EventEntry[]): OpenIntent[] {
  const entries = underPresentNames(raw);
  const events = entries.map(({ event }) => event);
  return entries.flatMap((entry) => {
    const { event } = entry;
    if (event.event !== "intent" || resultOf(events, event) !== undefined) return [];
    return [{ entry, isSettled: isSettledLater(events, event) }];
  });
}

function openIntent({ entry }: OpenIntent): Defect {
  return defect(
    "open",
    entry,
    `it has no result (${describe(entry.event)}): an update still runs, was killed, or its result was taken out. Wait for the update, or run \`pulumi up\` again; what no update comes back to, \`npm run tenants -- reconcile --fix\` settles`,
  );
}

function settledIntent({ entry }: OpenIntent): { where: string; note: string } {
  return {
    where: entry.where,
    note: `has no result (${describe(entry.event)}): an update was killed; a later one settled it`,
  };
}

function unreadable({ where }: Entry): Defect {
  return {
    kind: "unreadable",
    where,
    problem:
      "it is no event of a version that this one can read: it was changed, or a later version wrote it",
  };
}

function cutLine({ where }: Entry): { where: string; note: string } {
  return {
    where,
    note: "is the beginning of an event that a crash cut short: it was never on record, and what it announces was not sent",
  };
}

function defect(kind: DefectKind, { where }: EventEntry, problem: string): Defect {
  return { kind, where, problem };
}

/** Names an event as people know it. */
function describe({ event, operation, type, slot, actor, at }: JournalEvent): string {
  return `${event} to ${operation} ${type} ${slot}, by ${actor}, ${at}`;
}
