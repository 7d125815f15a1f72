import type { Entry, Journal, JournalEvent } from "../../../provider/src/journal";
import { isAt } from "../../../provider/src/journal/file-journal";
import { journalIn } from "../../../provider/src/journal/journal";

/** A journal in memory, which counts what is read of it. */
export class Shelf {
  readonly entries: Entry[] = [];
  reads = 0;
  tails = 0;

  open(): Journal {
    const { entries } = this;
    const reached = { bytes: 0 };
    const countRead = (): void => void (this.reads += 1);
    return journalIn({
      location: "memory",
      write: (added) => {
        entries.push(...added);
        return Promise.resolve(reached);
      },
      // eslint-disable-next-line @typescript-eslint/require-await -- nothing is waited for
      read: async function* () {
        countRead();
        yield entries.slice();
      },
      readFrom: (event) => {
        this.tails += 1;
        const place = entries.findIndex((entry) => isAt(entry, event));
        return Promise.resolve(place === -1 ? undefined : { entries: entries.slice(place), reached });
      },
      isAsLeft: () => Promise.resolve(true),
    });
  }

  get events(): JournalEvent[] {
    return this.entries.filter((entry) => entry.kind === "event").map(({ event }) => event);
  }
}
