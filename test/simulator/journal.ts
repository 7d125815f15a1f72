import { isAt } from "../../provider/src/journal/file-journal";
import { type Entry, type Journal, type EventEntry } from "../../provider/src/journal/index";
import { readLine } from "../../provider/src/journal/entry";
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

  /** Reads all its lines. */
  entries(): Entry[] {
    return this.#lines.flatMap((line, index) => this.#entriesOf(line, index));
  }

  /** Opens it for one process of a command. */
  open(life: CommandLife): Journal {
    let leftAt = "";
    const mark = (): string => `${this.#lines.length} ${this.#lines.at(-1)?.length ?? 0}`;
    const read = (): Entry[] => this.entries();
    return journalIn({
      location,
      write: async (entries) => {
        await Promise.resolve();
        this.#write(entries, life);
        leftAt = mark();
      },
      read: async function* (): AsyncIterable<readonly Entry[]> {
        await Promise.resolve();
        life.assertAlive();
        leftAt = mark();
        yield read();
      },
      readFrom: async (event) => {
        await Promise.resolve();
        life.assertAlive();
        leftAt = mark();
        const all = this.entries();
        const place = all.findIndex((entry) => isAt(entry, event));
        return place === -1 ? undefined : all.slice(place);
      },
      isAsLeft: () => Promise.resolve(leftAt === mark()),
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
    for (const { text } of entries) this.#lines.push(text);
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
