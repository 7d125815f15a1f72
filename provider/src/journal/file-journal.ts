import { open, readFile } from "node:fs/promises";

import { eventSchema, type JournalEvent } from "./event";
import type { Journal } from "./journal";

interface Line {
  text: string;
  onRecord: () => void;
  onFailure: (error: unknown) => void;
}

/** Keeps a journal in a file, an event a line. Lines that come while others are being written share one sync. */
export function openFileJournal(path: string): Journal {
  let waiting: Line[] = [];
  let writing: Promise<void> | undefined;
  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      await appendLines(
        path,
        lines.map(({ text }) => text),
      ).then(
        () => {
          for (const { onRecord } of lines) onRecord();
        },
        (error: unknown) => {
          for (const { onFailure } of lines) onFailure(error);
        },
      );
    }
    writing = undefined;
  };
  return {
    location: path,
    append: (event) =>
      new Promise((onRecord, onFailure) => {
        waiting.push({ text: JSON.stringify(event), onRecord, onFailure });
        writing ??= writeAll();
      }),
    read: () => readEvents(path),
  };
}

async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, "a+", 0o600);
  try {
    await file.appendFile(`${(await endsInsideLine(file)) ? "\n" : ""}${lines.join("\n")}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A crash may have cut the last line short: the next one must not be appended to it. */
async function endsInsideLine(file: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== "\n";
}

async function readEvents(path: string): Promise<JournalEvent[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text
    .split("\n")
    .flatMap((line, index) => (line === "" ? [] : parseLine(line, `${path}:${index + 1}`)));
}

/** A line that was cut short by a crash was never on record: what it announces was not done. */
function parseLine(line: string, where: string): JournalEvent[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return [parsed.data];
  throw new Error(
    `${where} is not a line of a journal this version can read. Use the version that wrote it, or a later one.`,
  );
}
