import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { type RecordedAs, recordedAs } from "./chain";
import { type Entry, readLine } from "./entry";
import { type Journal, journalIn, type Store } from "./journal";

/** How much of a file is read at once, in bytes. */
const chunkBytes = 1 << 14;
/** The same when reading from the end, where a few lines are enough. */
const tailBytes = 1 << 17;
const lineEnd = 0x0a;

/** Stores a journal in a file, one event per line. Lines that arrive during a write share the next sync. */
export function openFileJournal(path: string): Journal {
  return journalIn(fileStore(path));
}

function fileStore(path: string): Store {
  return {
    location: path,
    async write(entries) {
      const lines = entries.map(({ text }) => text);
      return { bytes: await appendLines(path, lines) };
    },
    async *read(reached = { bytes: 0 }) {
      let number = 0;
      for await (const lines of linesOf(path)) {
        const entries: Entry[] = [];
        for (const line of lines) {
          number += 1;
          reached.bytes += line.length;
          entries.push(...readLine(textOf(line), `${path}:${number}`));
        }
        yield entries;
      }
    },
    async readFrom(event) {
      const { entries, size } = (await unlessMissing(linesFrom(path, event))) ?? {};
      return entries === undefined ? undefined : { entries, reached: { bytes: size ?? 0 } };
    },
    isAsLeft: async ({ bytes }) => ((await unlessMissing(stat(path)))?.size ?? 0) === bytes,
  };
}

/** Reads the lines of a file, each with its end; none if the file does not exist. */
async function* linesOf(path: string): AsyncIterable<Buffer[]> {
  let begun: Buffer[] = [];
  try {
    for await (const read of createReadStream(path, { highWaterMark: chunkBytes })) {
      const chunk = read as Buffer;
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, start)) {
        const last = chunk.subarray(start, end + 1);
        lines.push(begun.length === 0 ? last : Buffer.concat([...begun, last]));
        begun = [];
        start = end + 1;
      }
      if (start < chunk.length) begun.push(chunk.subarray(start));
      yield lines;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  if (begun.length > 0) yield [Buffer.concat(begun)];
}

/**
 * Reads a file backwards from its end until it finds the line of an event.
 *
 * @returns Resolves with the lines from there on (none if it is not found) and the size of the file.
 */
async function linesFrom(
  path: string,
  event: RecordedAs,
): Promise<{ entries: Entry[] | undefined; size: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    let entries: Entry[] = [];
    /** The rest of the line in the middle of which the last chunk begins. */
    let rest: Buffer[] = [];
    for (let start = size; start > 0;) {
      const from = Math.max(0, start - tailBytes);
      const chunk = Buffer.alloc(start - from);
      await file.read(chunk, 0, chunk.length, from);
      start = from;
      const firstEnd = from === 0 ? -1 : chunk.indexOf(lineEnd);
      if (from > 0 && firstEnd === -1) {
        rest.unshift(chunk);
        continue;
      }
      const whole = Buffer.concat([chunk.subarray(firstEnd + 1), ...rest]).toString("utf8");
      rest = [chunk.subarray(0, firstEnd + 1)];
      entries = [...whole.split("\n").flatMap((line) => readLine(line, path)), ...entries];
      const place = entries.findIndex((entry) => isAt(entry, event));
      if (place !== -1) return { entries: entries.slice(place), size };
      if (entries.length > mostToFind) break;
    }
    return { entries: undefined, size };
  } finally {
    await file.close();
  }
}

/** The most lines to read backwards: beyond that, reading the whole file in order is no slower. */
const mostToFind = 20_000;

/** Returns whether a line is that of an event. */
export function isAt(entry: Entry, { sequence, hash }: RecordedAs): boolean {
  return entry.kind === "event" && entry.event.sequence === sequence && recordedAs(entry).hash === hash;
}

function textOf(line: Buffer): string {
  const isEnded = line.at(-1) === lineEnd;
  return line.toString("utf8", 0, isEnded ? line.length - 1 : line.length);
}

/** @returns Resolves with the size of the file after it, in bytes, if no one else writes. */
async function appendLines(path: string, lines: readonly string[]): Promise<number> {
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    // The file may be new: a crash must not lose its name in the folder, and its contents with it.
    if (size === 0) await syncFolder(dirname(path));
    const text = `${(await endsInsideLine(file, size)) ? "\n" : ""}${lines.join("\n")}\n`;
    await file.appendFile(text);
    await file.datasync();
    return size + Buffer.byteLength(text);
  } finally {
    await file.close();
  }
}

/** Does nothing where that is impossible: Windows cannot open a folder, and some file systems cannot sync one. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, "r");
    await folder.sync();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EACCES", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"].includes(code)) throw error;
  } finally {
    await folder?.close();
  }
}

/** A crash may have cut the last line short: the next one must start on a new line. */
async function endsInsideLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== "\n";
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
