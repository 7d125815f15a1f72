import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";

import { openFileJournal, type Verification, verifyJournal } from "../../../provider/src/journal";
import { useJournalFile } from "../../support/journal-file";
import { mentioning, mentions } from "../../support/mentions";
import { intent, result } from "./events";

describe("the verification of a journal", () => {
  const place = useJournalFile();

  async function verify(...expected: string[]): Promise<Verification> {
    return verifyJournal(await openFileJournal(place.file).entries(), place.file, expected);
  }

  const defectsIn = ({ defects }: Verification) =>
    defects.map(({ kind, where }) => [kind, where.slice(place.directory.length + 1)]);

  /** Writes a number of creates, an intent and a result each. */
  async function writeCreates(number: number): Promise<void> {
    const journal = openFileJournal(place.file);
    for (let index = 0; index < number; index += 1) {
      const create = intent("create", { slot: `customer${index}/eu-1/default` });
      await journal.append(create);
      await journal.append(result(create, "made", `a-${index}`));
    }
  }

  async function lines(): Promise<string[]> {
    return (await readFile(place.file, "utf8")).trimEnd().split("\n");
  }

  async function changeLines(change: (given: string[]) => string[]): Promise<void> {
    await writeFile(place.file, `${change(await lines()).join("\n")}\n`);
  }

  it("finds nothing in a journal that several processes wrote one after the other", async () => {
    await writeCreates(2);
    await writeCreates(2);
    const { chains, defects, notes } = await verify();
    assert.deepEqual([defects, notes], [[], []]);
    const [chain] = chains;
    assert.equal(chains.length, 1);
    assert.deepEqual([chain!.events, chain!.unchained, chain!.head.sequence], [8, 0, 8]);
    assert.equal(chain!.beginsAt, `${place.file}:1`);
  });

  it("hashes the exact text of an event, as sha256sum does", async () => {
    await writeCreates(1);
    const [first, second] = await lines();
    const hash = createHash("sha256").update(first!).digest("hex");
    assert.equal((JSON.parse(second!) as { previous: string }).previous, `sha256:${hash}`);
    assert.match(first!, /"previous":"sha256:0{64}"/);
  });

  it("names a changed event", async () => {
    await writeCreates(3);
    await changeLines((given) =>
      given.map((text, index) => (index === 2 ? text.replace("someone@", "nobody@") : text)),
    );
    const found = await verify();
    assert.deepEqual(defectsIn(found), [["changed", "journal.jsonl:3"]]);
    assert.ok(found.defects[0]!.problem.includes("journal.jsonl:4"), found.defects[0]!.problem);
  });

  it("names a gap, by its size and its place", async () => {
    await writeCreates(3);
    await changeLines((given) => given.toSpliced(2, 2));
    const found = await verify();
    assert.deepEqual(defectsIn(found), [["missing", "journal.jsonl:3"]]);
    mentions(found.defects[0]!.problem, "3 to 4", "journal.jsonl:2");
  });

  it("names a missing beginning", async () => {
    await writeCreates(2);
    await changeLines((given) => given.slice(1));
    assert.deepEqual(defectsIn(await verify())[0], ["missing", "journal.jsonl:1"]);
  });

  it("names events whose order was changed", async () => {
    await writeCreates(2);
    await changeLines(([a, b, c, d]) => [a!, c!, b!, d!]);
    assert.deepEqual(defectsIn(await verify())[0], ["moved", "journal.jsonl:2"]);
  });

  it("names an event that was added in the correct form, not only a repeated line", async () => {
    await writeCreates(2);
    await changeLines((given) => [...given.slice(0, 2), given[1]!, ...given.slice(2)]);
    assert.deepEqual(defectsIn(await verify()), [["fork", "journal.jsonl:3"]]);
    await changeLines((given) => {
      const { previous, sequence, ...plain } = JSON.parse(given[1]!) as Record<string, unknown>;
      assert.ok(previous !== undefined && sequence !== undefined);
      return [...given.slice(0, 2), JSON.stringify(plain), ...given.slice(3)];
    });
    assert.deepEqual(defectsIn(await verify()), [["changed", "journal.jsonl:3"]]);
  });

  it("names an event whose number does not follow, although its hash does", async () => {
    await writeCreates(2);
    await changeLines((given) =>
      given.map((text, index) => (index === 3 ? text.replace('"sequence":4', '"sequence":9') : text)),
    );
    assert.deepEqual(defectsIn(await verify()), [["changed", "journal.jsonl:4"]]);
  });

  it("reports a fork, naming both", async () => {
    await writeCreates(1);
    const before = await readFile(place.file, "utf8");
    await writeCreates(1);
    const first = (await readFile(place.file, "utf8")).slice(before.length);
    await writeFile(place.file, before);
    await writeCreates(1);
    await appendFile(place.file, first);
    const found = await verify();
    assert.deepEqual(defectsIn(found), [["fork", "journal.jsonl:5"]]);
    assert.match(found.defects[0]!.problem, /journal\.jsonl:3/);
  });

  it("recognizes a line that a crash cut short, and the chain continues after it", async () => {
    await writeCreates(1);
    await appendFile(place.file, (await lines())[0]!.slice(0, 100));
    await writeCreates(1);
    const found = await verify();
    assert.deepEqual(found.defects, []);
    assert.deepEqual(
      found.notes.map(({ kind, where }) => [kind, where]),
      [["truncated", `${place.file}:3`]],
    );
    assert.equal(found.chains[0]!.head.sequence, 4);
  });

  it("does not mistake an event that was on record for one that was cut short", async () => {
    await writeCreates(2);
    await changeLines((given) => given.map((text, index) => (index === 1 ? text.slice(0, 100) : text)));
    assert.deepEqual(defectsIn(await verify()), [
      ["missing", "journal.jsonl:3"],
      ["open", "journal.jsonl:1"],
    ]);
  });

  it("names a line that is not an event", async () => {
    await writeCreates(1);
    await changeLines((given) => [...given, "nothing"]);
    assert.deepEqual(defectsIn(await verify()), [["unreadable", "journal.jsonl:3"]]);
  });

  it("says what to do with what git put in place of lines: conflict markers, a pointer of Git LFS", async () => {
    await writeCreates(2);
    await changeLines(([one = "", two = "", ...rest]) =>
      ["<<<<<<< HEAD", one, "||||||| 1a2b3c4", "=======\r", two, ">>>>>>> add-acme"].concat(rest),
    );
    const { defects } = await verify();
    assert.deepEqual(
      defects.map(({ kind, where }) => [kind, where.slice(place.directory.length + 1)]),
      [1, 3, 4, 6].map((line) => ["unreadable", `journal.jsonl:${line}`]),
    );
    for (const { problem } of defects) mentions(problem, "conflict marker", "both sides", "audit verify");
    await assert.rejects(openFileJournal(place.file).remember(), mentioning("journal.jsonl:1 is a conflict"));
    await writeFile(place.file, "version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 5\n");
    await assert.rejects(openFileJournal(place.file).remember(), mentioning("git lfs pull"));
  });

  it("names an intent without a result, until something settles it", async () => {
    const journal = openFileJournal(place.file);
    const killed = intent("create");
    await journal.append(killed);
    const found = await verify();
    assert.deepEqual(defectsIn(found), [["open", "journal.jsonl:1"]]);
    const again = intent("create");
    await journal.append(again);
    await journal.append(result(again, "recovered", "a-1"));
    const settled = await verify();
    assert.deepEqual(settled.defects, []);
    assert.deepEqual(
      settled.notes.map(({ kind, where }) => [kind, where]),
      [["settled", `${place.file}:1`]],
    );
  });

  it("cannot see that the end is missing, unless its hash was noted", async () => {
    await writeCreates(2);
    const { head } = (await verify()).chains[0]!;
    await writeCreates(1);
    assert.deepEqual((await verify(head.hash)).defects, []);
    await changeLines((given) => given.slice(0, 2));
    assert.deepEqual((await verify()).defects, []);
    assert.deepEqual(defectsIn(await verify(head.hash)), [["notFound", "journal.jsonl"]]);
  });

  describe("of a journal that an earlier version started", () => {
    beforeEach(async () => {
      const create = intent("create");
      const old = [create, result(create, "made", "a-1")];
      await writeFile(place.file, old.map((event) => `${JSON.stringify(event)}\n`).join(""));
    });

    it("reports that there is no chain yet, and later where it begins", async () => {
      assert.deepEqual((await verify()).chains[0]!.beginsAt, undefined);
      await writeCreates(1);
      const { chains, defects } = await verify();
      assert.deepEqual(defects, []);
      assert.deepEqual([chains[0]!.beginsAt, chains[0]!.unchained], [`${place.file}:3`, 2]);
      assert.equal((await openFileJournal(place.file).read()).length, 4);
    });

    it("finds a change of what was written before it began", async () => {
      await writeCreates(1);
      await changeLines((given) =>
        given.map((text, index) => (index === 0 ? text.replace("someone@", "nobody@") : text)),
      );
      assert.deepEqual(defectsIn(await verify()), [["changed", "journal.jsonl:2"]]);
    });
  });

  it("chains each stack separately in a shared journal", async () => {
    const [dev, prod] = [openFileJournal(place.file), openFileJournal(place.file)];
    for (let index = 0; index < 3; index += 1) {
      for (const [journal, stack] of [
        [dev, "organization/project/dev"],
        [prod, "organization/project/prod"],
      ] as const) {
        const create = intent("create", { stack });
        await journal.append(create);
        await journal.append({ ...result(create, "made", "a-1"), stack });
      }
    }
    const { chains, defects } = await verify();
    assert.deepEqual(defects, []);
    assert.deepEqual(
      chains.map(({ stack, events, head }) => [stack, events, head.sequence]),
      [
        ["organization/project/dev", 6, 6],
        ["organization/project/prod", 6, 6],
      ],
    );
  });

  it("continues a chain that another process has continued in the meantime", async () => {
    const journal = openFileJournal(place.file);
    await journal.append(intent("create", { slot: "other/eu-1/default" }));
    await writeCreates(1);
    await journal.append(intent("create", { slot: "another/eu-1/default" }));
    const found = await verify();
    assert.deepEqual(
      found.defects.map(({ kind }) => kind),
      ["open", "open"],
    );
    assert.equal(found.chains[0]!.head.sequence, 4);
  });
});
