import { setImmediate as nextTurn } from "node:timers/promises";

import { readLine } from "../../provider/src/journal/entry";
import { isAt } from "../../provider/src/journal/file-journal";
import type { Entry, EventEntry, Journal, JournalEvent } from "../../provider/src/journal/index";
import { journalIn } from "../../provider/src/journal/journal";
import type { CommandLife } from "./command-life";

const location = "journal.jsonl";

/** A journal's file, in memory: what each command has written of it, and what it has cut short. */
export class JournalFile {
  #lines: string[] = [];
  readonly #read = new Map<string, Entry[]>();

  get text(): string {
    return this.#lines.join("\n");
  }

  /** How many lines it has. */
  get size(): number {
    return this.#lines.length;
  }

  /**
   * Reads its lines.
   *
   * @param from the first of them, from 0
   */
  entries(from = 0): Entry[] {
    return this.#lines.slice(from).flatMap((line, index) => this.#entriesOf(line, from + index));
  }

  /** Reads its events. */
  events(): JournalEvent[] {
    return this.entries().flatMap((entry) => (entry.kind === "event" ? [entry.event] : []));
  }

  /** Opens it for one process of a command. */
  open(life: CommandLife): Journal {
    const size = (): number => this.#lines.reduce((bytes, line) => bytes + line.length + 1, 0);
    const all = (): Entry[] => this.entries();
    return journalIn({
      location,
      write: async (entries) => {
        // As long as a disk takes: who does not wait for it goes on before it is written.
        await nextTurn();
        this.#write(entries, life);
        return { bytes: size() };
      },
      read: async function* (reached = { bytes: 0 }): AsyncIterable<readonly Entry[]> {
        await Promise.resolve();
        life.assertAlive();
        reached.bytes = size();
        yield all();
      },
      readFrom: async (event) => {
        await Promise.resolve();
        life.assertAlive();
        const entries = all();
        const place = entries.findIndex((entry) => isAt(entry, event));
        return place === -1 ? undefined : { entries: entries.slice(place), reached: { bytes: size() } };
      },
      isAsLeft: ({ bytes }) => Promise.resolve(size() === bytes),
    });
  }

  #write(entries: readonly EventEntry[], life: CommandLife): void {
    const written = entries.map(({ event: { event, operation, type, slot } }) => ({
      event,
      operation,
      type,
      slot,
    }));
    life.pass({ at: "journal", moment: "before", written });
    const first = entries[0]?.text ?? "";
    try {
      life.pass({ at: "journal", moment: "torn", written });
    } catch (error) {
      this.#lines.push(first.slice(0, first.length >> 1));
      throw error;
    }
    for (const entry of entries) {
      this.#lines.push(entry.text);
      // What is written is what would be read of it.
      this.#read.set(entry.text, [entry]);
    }
    life.pass({ at: "journal", moment: "after", written });
  }

  #entriesOf(line: string, index: number): Entry[] {
    const known = this.#read.get(line);
    if (known !== undefined) return known;
    const entries = readLine(line, `${location}:${index + 1}`);
    this.#read.set(line, entries);
    return entries;
  }
}
