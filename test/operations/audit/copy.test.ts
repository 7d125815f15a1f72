import { strict as assert } from "node:assert";

import {
  type ComparedCopy,
  type Copy,
  openFileJournal,
  Verifier,
} from "pulumi-resistant-tenants/internal/journal";

import { compareWithLog } from "../../../operations/src/audit/copy";
import { intent, slot } from "../../provider/journal/events";
import { useJournalFile } from "../../support/journal-file";

const { stack } = slot;

describe("operations: a copy of the journal in CloudWatch Logs, which shows an event some seconds after it accepted it", () => {
  const place = useJournalFile();

  /** Compares two events with a copy that shows the second one only from some read on. */
  async function compare(at: Date, shownFrom: number): Promise<{ compared: ComparedCopy; waits: number[] }> {
    const copies: Copy[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { text } = await openFileJournal(place.file).append(intent("create", { at: at.toISOString() }));
      copies.push({ where: "log-group:stream", text });
    }
    const verifier = new Verifier();
    for await (const entries of openFileJournal(place.file).stream()) verifier.take(entries);
    let reads = 0;
    const auditLog = {
      location: "log-group",
      // eslint-disable-next-line @typescript-eslint/require-await -- it already exists
      copies: async function* (): AsyncIterable<Copy[]> {
        reads += 1;
        yield copies.slice(0, reads < shownFrom ? 1 : 2);
      },
    };
    const waits: number[] = [];
    const sleep = (delayMs: number): Promise<void> => {
      waits.push(delayMs);
      return Promise.resolve();
    };
    return { compared: await compareWithLog(verifier, stack, auditLog, undefined, sleep), waits };
  }

  it("is read again if it lacks what was just written", async () => {
    const { compared, waits } = await compare(new Date(), 3);
    assert.deepEqual([compared.gaps, waits.length], [[], 2]);
  });

  it("lacks an event that it does not show after some reads", async () => {
    const { compared, waits } = await compare(new Date(), Infinity);
    assert.deepEqual([compared.gaps.map(({ kind }) => kind), waits.length], [["missing"], 3]);
  });

  it("is read once if nothing was written lately", async () => {
    const { compared, waits } = await compare(new Date(Date.now() - 3_600_000), 2);
    assert.deepEqual([compared.lacking.size, waits], [1, []]);
  });
});
