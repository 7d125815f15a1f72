import type { Head } from "./chain";
import { type Entry, type EventEntry, ofGit, type ServiceEntry } from "./entry";
import type { JournalEvent, ServiceEvent } from "./event";

/* What can be wrong with a journal, and how it is reported. */

/** The kinds of defects. */
export type DefectKind =
  /** An event is not what it was when the next one was written. */
  | "changed"
  /** Events are missing. */
  | "missing"
  /** An event comes before its predecessor. */
  | "moved"
  /** Two events follow the same one. */
  | "fork"
  /** A line is not an event. */
  | "unreadable"
  /** An event that is known from elsewhere is missing. */
  | "notFound"
  /** An intent has no result, and nothing later settled it; or the record does not show what happened to an object. */
  | "open";

/** A defect of a journal. */
export interface Defect {
  kind: DefectKind;
  /** `file:line`, or `s3://bucket/key:line`. */
  where: string;
  problem: string;
}

/** The kinds of notes about a journal. */
export type NoteKind =
  /** An intent has no result, but something that came later settled it. */
  | "settled"
  /** The beginning of an event that a crash truncated. */
  | "truncated"
  /** The copy in the audit log has no event of the stack. */
  | "notCompared"
  /** The versions of the journal's objects could not be listed. */
  | "versionsUnseen";

/** A note that is not a defect. */
export interface Note {
  kind: NoteKind;
  /** Where it is, as that of a {@link Defect}; or the location of what could not be looked at. */
  where: string;
  note: string;
}

/** An event that follows the same one as another event. */
export function fork(entry: EventEntry | ServiceEntry, otherAt: string): Defect {
  return defect(
    "fork",
    entry,
    `it follows the same event as ${otherAt}: two runs wrote at once (the second: ${describe(entry.event)}), or one of the two was added`,
  );
}

/** Returns why an event does not follow the previous one: the numbers distinguish a gap from a change. */
export function brokenLink(
  entry: EventEntry | ServiceEntry,
  last: EventEntry | ServiceEntry | undefined,
  { head, sequence, isThere }: { head: Head; sequence: number; isThere: boolean },
): Defect {
  if (isThere) return defect("moved", entry, "it is before the event that it follows: the order was changed");
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
    return defect("changed", entry, "it is the first event of its stack, but does not begin a chain");
  return last.event.previous === undefined
    ? defect(
        "changed",
        last,
        `it, or an event of the stack before it, was changed, added or removed after ${entry.where} was written`,
      )
    : defect("changed", last, `it was changed after ${entry.where} was written (${describe(last.event)})`);
}

/** An intent without a result, which nothing later settled. */
export function openIntent(entry: EventEntry): Defect {
  return defect(
    "open",
    entry,
    `it has no result (${describe(entry.event)}): an update still runs or was killed, or its result was removed. Wait for the update, or run \`pulumi up\` again; \`npm run tenants -- reconcile --fix\` settles what no update returns to`,
  );
}

/** An intent without a result, which something later settled. */
export function settledIntent({ where, event }: EventEntry): Note {
  return {
    kind: "settled",
    where,
    note: `has no result (${describe(event)}): an update was killed; a later one settled it`,
  };
}

/** A line that is not an event. */
export function unreadable({ where, text }: Entry): Defect {
  return {
    kind: "unreadable",
    where,
    problem: ofGit(text) ?? "this version cannot read it: it was changed, or a later version wrote it",
  };
}

/** A line that a crash truncated. */
export function cutLine({ where }: Entry): Note {
  return {
    kind: "truncated",
    where,
    note: "is the beginning of an event that a crash truncated: it was never recorded, and its request was not sent",
  };
}

/** Creates a defect of an event. */
export function defect(kind: DefectKind, { where }: Pick<EventEntry, "where">, problem: string): Defect {
  return { kind, where, problem };
}

/** Describes an event for messages. */
export function describe(described: JournalEvent | ServiceEvent): string {
  if (described.event === "service") {
    const { kind, request, actor, at } = described;
    return `${kind}${request === undefined ? "" : ` of request ${request}`}, by ${actor ?? "the service"}, ${at}`;
  }
  const { event, operation, type, slot, actor, at } = described;
  return `${event} to ${operation} ${type} ${slot}, by ${actor}, ${at}`;
}
