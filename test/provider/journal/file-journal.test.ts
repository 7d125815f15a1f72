import { strict as assert } from "node:assert";
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { type JournalEvent, openFileJournal } from "../../../provider/src/journal";
import { intent } from "./events";

const idsOf = (events: readonly JournalEvent[]) => events.map(({ id }) => id);
const idsIn = async (file: string) => idsOf(await openFileJournal(file).read());

describe("a journal in a file", () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "journal-"));
    file = path.join(directory, "journal.jsonl");
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it("is empty before anything was written", async () => {
    assert.deepEqual(await openFileJournal(file).read(), []);
  });

  it("gives back what was written, in its order, to another process too", async () => {
    const events = Array.from({ length: 20 }, () => intent("create"));
    const journal = openFileJournal(file);
    await Promise.all(events.map((event) => journal.append(event)));
    assert.deepEqual(await idsIn(file), idsOf(events));
  });

  it("can be read by its owner alone", async () => {
    await openFileJournal(file).append(intent("create"));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("goes on after a line that a crash cut short, on a line of its own", async () => {
    const [before, after] = [intent("create"), intent("create")];
    await openFileJournal(file).append(before);
    await appendFile(file, '{"v":1,"id":"cut');
    await openFileJournal(file).append(after);
    assert.deepEqual(await idsIn(file), idsOf([before, after]));
    assert.equal((await readFile(file, "utf8")).split("\n").length, 4);
  });

  it("refuses a line that was changed, and does not take it for one that was cut short", async () => {
    await openFileJournal(file).append(intent("create"));
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace('{"v":', '{v":'));
    await assert.rejects(openFileJournal(file).read(), /journal\.jsonl:1 .*who changed it/s);
  });

  it("shares one write among the events that wait, and is not held up by one that fails", async () => {
    const journal = openFileJournal(file);
    const orphan = path.join(directory, "folder");
    const lost = openFileJournal(path.join(orphan, "journal.jsonl"));
    await assert.rejects(lost.append(intent("create")), /ENOENT/);
    await mkdir(orphan);
    const late = await lost.append(intent("create"));
    assert.equal(late.event.sequence, 1);
    const written = await Promise.all(Array.from({ length: 50 }, () => journal.append(intent("create"))));
    assert.deepEqual(
      written.map(({ event }) => event.sequence),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });

  it("refuses a line that it does not understand, by its place", async () => {
    await writeFile(file, '{"v":3,"event":"intent"}\n');
    await assert.rejects(
      openFileJournal(file).read(),
      /journal\.jsonl:1 is not a line of a journal this version can read/,
    );
  });

  it("says so where it cannot be written", async () => {
    await assert.rejects(
      openFileJournal(path.join(directory, "missing", "journal.jsonl")).append(intent("create")),
      /ENOENT/,
    );
  });
});
