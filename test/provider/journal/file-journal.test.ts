import { strict as assert } from "node:assert";
import fs, { appendFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { mock } from "node:test";

import { type JournalEvent, openFileJournal } from "../../../provider/src/journal";
import { useJournalFile } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { intent } from "./events";

const idsOf = (events: readonly JournalEvent[]) => events.map(({ id }) => id);
const idsIn = async (file: string) => idsOf(await openFileJournal(file).read());

describe("a journal in a file", () => {
  const place = useJournalFile();

  it("is empty before anything was written", async () => {
    assert.deepEqual(await openFileJournal(place.file).read(), []);
  });

  it("returns what was written, in order, also to another process", async () => {
    const events = Array.from({ length: 20 }, () => intent("create"));
    const journal = openFileJournal(place.file);
    await Promise.all(events.map((event) => journal.append(event)));
    assert.deepEqual(await idsIn(place.file), idsOf(events));
  });

  it("can be read only by its owner", async () => {
    await openFileJournal(place.file).append(intent("create"));
    assert.equal((await stat(place.file)).mode & 0o777, 0o600);
  });

  describe("whose file is created", () => {
    const synced: string[] = [];
    let refusal: NodeJS.ErrnoException | undefined;
    const open = fs.open;

    beforeEach(() => {
      synced.length = 0;
      refusal = undefined;
      mock.method(fs, "open", async (...opened: Parameters<typeof open>) => {
        const handle = await open(...opened);
        const sync = handle.sync.bind(handle);
        handle.sync = async () => {
          synced.push(String(opened[0]));
          if (refusal !== undefined) throw refusal;
          await sync();
        };
        return handle;
      });
    });
    afterEach(() => {
      mock.restoreAll();
    });

    it("syncs its folder, too, once", async () => {
      const journal = openFileJournal(place.file);
      await journal.append(intent("create"));
      await journal.append(intent("create"));
      assert.deepEqual(synced, [place.directory]);
    });

    it("skips that if the platform cannot sync a folder, but not if the disk fails", async () => {
      refusal = Object.assign(new Error("EPERM: operation not permitted, fsync"), { code: "EPERM" });
      const journal = openFileJournal(place.file);
      await journal.append(intent("create"));
      assert.equal((await journal.read()).length, 1);
      refusal = Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
      await assert.rejects(openFileJournal(`${place.file}.other`).append(intent("create")), { code: "EIO" });
    });
  });

  it("continues on a new line after a line that a crash cut short", async () => {
    const [before, after] = [intent("create"), intent("create")];
    await openFileJournal(place.file).append(before);
    await appendFile(place.file, '{"v":1,"id":"cut');
    await openFileJournal(place.file).append(after);
    assert.deepEqual(await idsIn(place.file), idsOf([before, after]));
    assert.equal((await readFile(place.file, "utf8")).split("\n").length, 4);
  });

  it("refuses a changed line, and does not mistake it for one that was cut short", async () => {
    await openFileJournal(place.file).append(intent("create"));
    const text = await readFile(place.file, "utf8");
    await writeFile(place.file, text.replace('{"v":', '{v":'));
    await assert.rejects(openFileJournal(place.file).read(), mentioning("journal.jsonl:1"));
  });

  it("shares one write among waiting events, and is not delayed by one that fails", async () => {
    const journal = openFileJournal(place.file);
    const orphan = path.join(place.directory, "folder");
    const lost = openFileJournal(path.join(orphan, "journal.jsonl"));
    await assert.rejects(lost.append(intent("create")), { code: "ENOENT" });
    await mkdir(orphan);
    const late = await lost.append(intent("create"));
    assert.equal(late.event.sequence, 1);
    const written = await Promise.all(Array.from({ length: 50 }, () => journal.append(intent("create"))));
    assert.deepEqual(
      written.map(({ event }) => event.sequence),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });

  it("refuses a line that it does not understand, and names its place", async () => {
    await writeFile(place.file, '{"v":3,"event":"intent"}\n');
    await assert.rejects(openFileJournal(place.file).read(), mentioning("journal.jsonl:1"));
  });

  it("reports that it cannot be written", async () => {
    await assert.rejects(
      openFileJournal(path.join(place.directory, "missing", "journal.jsonl")).append(intent("create")),
      mentioning("ENOENT"),
    );
  });
});
