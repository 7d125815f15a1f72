import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { type Entry, readEntry } from "./entry";
import { type Journal, journalIn, type Store } from "./journal";

/** Keeps a journal in a file, an event a line. Lines that come while others are being written share one sync. */
export function openFileJournal(path: string): Journal {
  return journalIn(fileStore(path));
}

function fileStore(path: string): Store {
  let leftAtBytes = 0;
  return {
    location: path,
    async write(entries) {
      leftAtBytes = await appendLines(
        path,
        entries.map(({ text }) => text),
      );
    },
    async read() {
      const content = await unlessMissing(readFile(path));
      leftAtBytes = content?.length ?? 0;
      return toEntries(content?.toString("utf8") ?? "", path);
    },
    isAsLeft: async () => ((await unlessMissing(stat(path)))?.size ?? 0) === leftAtBytes,
  };
}

/** @returns Resolves with the size of the file after it, in bytes, if nobody else writes. */
async function appendLines(path: string, lines: readonly string[]): Promise<number> {
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    // It may have been made just now, and a crash must not take its name away with all that is in it.
    if (size === 0) await syncFolder(dirname(path));
    const text = `${(await endsInsideLine(file, size)) ? "\n" : ""}${lines.join("\n")}\n`;
    await file.appendFile(text);
    await file.datasync();
    return size + Buffer.byteLength(text);
  } finally {
    await file.close();
  }
}

/** Does nothing where the platform cannot: Windows opens no folder, and some file systems sync none. */
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

/** A crash may have cut the last line short: the next one must not be appended to it. */
async function endsInsideLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== "\n";
}

function toEntries(text: string, path: string): Entry[] {
  return text
    .split("\n")
    .flatMap((line, index) => (line === "" ? [] : [readEntry(line, `${path}:${index + 1}`)]));
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
