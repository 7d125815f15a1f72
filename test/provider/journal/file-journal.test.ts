import { strict as assert } from "node:assert";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { openFileJournal } from "../../../provider/src/journal";
import { intent } from "./events";

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
    assert.deepEqual(await openFileJournal(file).read(), events);
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
    assert.deepEqual(await openFileJournal(file).read(), [before, after]);
    assert.equal((await readFile(file, "utf8")).split("\n").length, 4);
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
