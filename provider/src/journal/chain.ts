import { hash } from "node:crypto";

import type { Entry, EventEntry, ServiceEntry } from "./entry";
import type { JournalEvent } from "./event";

/** A link of a chain: its text, and its place according to that text. */
type Link = Pick<EventEntry | ServiceEntry, "text" | "hash"> & {
  event: { previous?: string | undefined; sequence?: number | undefined };
};

/**
 * The chain of a stack's events. Each contains the SHA-256 of the exact text of the previous one, so that no
 * event can be changed, moved or removed without a mismatch in the next; and a number, which distinguishes a
 * change from a gap.
 */

/** The present end of a chain. */
export interface Head {
  /** `sha256:<hex>` of the last event. */
  hash: string;
  /** Its number; 0 before the first. */
  sequence: number;
}

/**
 * Where an event is on record. The state stores this for the result of each create, so that a truncated journal is
 * noticed.
 */
export interface RecordedAs extends Head {
  /** The event's own time: RFC 3339, UTC. */
  at: string;
}

/** The beginning of every chain: the `previous` of a stack's first event. */
export const genesis: Head = { hash: `sha256:${"0".repeat(64)}`, sequence: 0 };

/**
 * Returns the head after an event. Events of version 1 have no hash; the first event that has one covers all of them.
 */
export function advance(head: Head, entry: Link): Head {
  const { text, event } = entry;
  if (event.previous === undefined)
    return { hash: hashOf(`${head.hash}\n${text}`), sequence: head.sequence + 1 };
  entry.hash ??= hashOf(text);
  return { hash: entry.hash, sequence: event.sequence ?? head.sequence + 1 };
}

/** Returns the place of a chained event. */
export function recordedAs(entry: EventEntry): RecordedAs {
  return { ...advance(genesis, entry), at: entry.event.at };
}

/**
 * Writes an event as the one that follows a head.
 *
 * @param holds what the stack contains after it, according to the record (see `holding.ts`)
 */
export function chained(event: JournalEvent, head: Head, holds?: string): JournalEvent {
  const end = holds === undefined ? {} : { holds };
  return { ...event, v: 2, sequence: head.sequence + 1, previous: head.hash, ...end };
}

/** Returns the head of each stack of a journal. */
export function headsOf(entries: readonly Entry[]): Map<string, Head> {
  const heads = new Map<string, Head>();
  for (const entry of entries) {
    if (entry.kind !== "event") continue;
    const { stack } = entry.event;
    heads.set(stack, advance(heads.get(stack) ?? genesis, entry));
  }
  return heads;
}

/** Returns the hash of an event's text; `printf %s "$line" | sha256sum` gives the same. */
export function hashOf(text: string): string {
  return `sha256:${hash("sha256", text)}`;
}
