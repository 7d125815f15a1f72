import { eventSchema, type JournalEvent, type ServiceEvent, serviceEventSchema } from "./event";

/** An event as a journal holds it. */
export interface EventEntry {
  kind: "event";
  /** `file:line`, or `s3://bucket/key:line`. */
  where: string;
  /** The exact text, of which the hash is computed. */
  text: string;
  event: JournalEvent;
  /** The hash of the text, once it has been computed (see `chain.ts`). */
  hash?: string;
}

/** An event of the provisioning service. A stack's journal has none. */
export interface ServiceEntry {
  kind: "service";
  where: string;
  text: string;
  event: ServiceEvent;
  hash?: string;
}

/** A line of a journal. */
export type Entry =
  | EventEntry
  | ServiceEntry
  /**
   * The beginning of an event that a crash cut short: the event was never on record, and nothing it announces was done.
   */
  | { kind: "cut"; where: string; text: string }
  | { kind: "unreadable"; where: string; text: string };

/** The most pieces into which zeros may divide a line. */
const mostPieces = 8;
/** How the text of every event begins. */
const beginning = '{"v":';

/** What an editor may put before the first line of a text. */
const byteOrderMark = "\ufeff";

/**
 * Parses a line of a journal. Git may have changed its line end, even twice, and an editor may have added a
 * byte order mark: neither is part of an event. A crash, or a full disk, may leave zeros where a file system
 * reserved space and wrote nothing: no event's text contains one, so the text before and after them can be
 * read.
 */
export function readLine(line: string, where: string): Entry[] {
  const text = withoutAround(line);
  if (!text.includes("\0")) return text === "" ? [] : [readEntry(text, where)];
  const divided = text.split(/\0+/, mostPieces + 1);
  // No crash leaves so many, and each would cost as much as a line.
  if (divided.length > mostPieces) return [{ kind: "unreadable", where, text }];
  const pieces = divided.filter((piece) => piece !== "");
  if (pieces.length === 0) return [{ kind: "cut", where, text: "" }];
  return pieces.map((piece) => readEntry(piece, where));
}

function withoutAround(line: string): string {
  const start = line.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
  let end = line.length;
  while (end > start && line[end - 1] === "\r") end -= 1;
  return line.slice(start, end);
}

/** Reads the text of an event. */
export function readEntry(text: string, where: string): Entry {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: isCutShort(text) ? "cut" : "unreadable", where, text };
  }
  if (isOfService(value)) {
    const service = serviceEventSchema.safeParse(value);
    return service.success
      ? { kind: "service", where, text, event: service.data }
      : { kind: "unreadable", where, text };
  }
  const parsed = eventSchema.safeParse(value);
  return parsed.success
    ? { kind: "event", where, text, event: parsed.data }
    : { kind: "unreadable", where, text };
}

function isOfService(value: unknown): boolean {
  return typeof value === "object" && value !== null && "event" in value && value.event === "service";
}

function isCutShort(text: string): boolean {
  return text.startsWith(beginning) || beginning.startsWith(text);
}

/**
 * Returns the events of a journal's lines.
 *
 * @throws if a line cannot be read as an event: recovery must not rely on an incomplete record
 */
export function eventsOf(entries: readonly Entry[]): JournalEvent[] {
  return entries.flatMap((entry) => {
    if (entry.kind === "unreadable") throw unreadable(entry.where, entry.text);
    return entry.kind === "event" ? [entry.event] : [];
  });
}

/** Creates the error about a line that is not an event, with what to do. */
export function unreadable(where: string, text = ""): Error {
  return new Error(
    `${where} ${
      ofGit(text) ??
      "is not a line that this version can read. Use the version that wrote it, or a later one; or find out who changed it, and restore it"
    }.`,
  );
}

/** Returns what git put in place of a journal's lines, and what to do; undefined if it is something else. */
export function ofGit(text: string): string | undefined {
  if (/^(?:<{7}|\|{7}|>{7})(?: |$)|^={7}$/.test(text))
    return "is a conflict marker of git: keep the lines of both sides, each once, and delete the markers; then run `npm run tenants -- audit verify`";
  return text.startsWith("version https://git-lfs.github.com/")
    ? "belongs to a pointer of Git LFS, which is here in place of the journal: run `git lfs pull`"
    : undefined;
}
