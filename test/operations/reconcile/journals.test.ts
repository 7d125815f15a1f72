import { strict as assert } from "node:assert";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { readingOnce, readJournal } from "../../../operations/src/reconcile/journals";
import { recordOf } from "../../../operations/src/reconcile/record";
import { type Journal, type JournalEvent, openFileJournal } from "../../../provider/src/journal";
import { Events } from "./comparisons";

describe("the journal that the stacks of a fleet share", () => {
  let folder: string;
  let file: string;
  let events: Events;
  /** How often a whole journal was read. */
  let reads: number;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "shared-journal-"));
    file = path.join(folder, "journal.jsonl");
    events = new Events();
    reads = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The journal as one more stack opens it. */
  function opened(at = file): { journal: Journal } {
    const journal = openFileJournal(at);
    const entries = (): ReturnType<Journal["entries"]> => {
      reads += 1;
      return journal.entries();
    };
    return { journal: { ...journal, entries } };
  }

  it("is read once, and is the same list for each stack", async () => {
    await opened().journal.append(events.createTenant());
    const read = readingOnce();
    const lists = await Promise.all([opened(), opened(), opened()].map((stack) => read(stack)));
    assert.equal(reads, 1);
    for (const { events: list } of lists) assert.equal(list, lists[0]?.events);
    assert.deepEqual(lists[0], await readJournal(opened()));
  });

  it("has what was written since for the next stack", async () => {
    const read = readingOnce();
    for (let size = 0; size < 3; size += 1) {
      assert.equal((await read(opened())).events.length, size);
      await opened().journal.append(events.createTenant());
    }
    const last = (await read(opened())).events;
    assert.deepEqual(last, (await readJournal(opened())).events);
    await appendFile(file, "no event\n");
    assert.deepEqual(await read(opened()), await readJournal(opened()));
    assert.equal((await read(opened())).unreadable.length, 1);
  });

  it("is read again by the next stack after a failure", async () => {
    const read = readingOnce();
    await opened().journal.append(events.createTenant());
    const broken = opened();
    broken.journal.entries = () => Promise.reject(new Error("busy"));
    await assert.rejects(read(broken), /busy/);
    assert.equal((await read(opened())).events.length, 1);
  });

  it("is not taken for another one", async () => {
    const read = readingOnce();
    await opened().journal.append(events.createTenant());
    assert.equal((await read(opened())).events.length, 1);
    assert.equal((await read(opened(path.join(folder, "other.jsonl")))).events.length, 0);
  });

  it("is indexed once for all stacks", async () => {
    for (let index = 0; index < 10; index += 1) await opened().journal.append(events.createTenant());
    const { events: list } = await readJournal(opened());
    let indexed = 0;
    const counted = list.map((event): JournalEvent =>
      Object.defineProperty({ ...event }, "tenantId", {
        get: () => {
          indexed += 1;
          return undefined;
        },
      }),
    );
    const { apiUrl, type } = events.createTenant();
    const idsOf = (stack: string): number => recordOf(counted, type, { stack, apiUrl }).allIds().size;
    idsOf("organization/project/dev-0");
    const first = indexed;
    assert.ok(first > 0);
    for (let index = 1; index < 5; index += 1) idsOf(`organization/project/dev-${index}`);
    assert.equal(indexed, first);
  });
});
