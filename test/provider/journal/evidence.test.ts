import { strict as assert } from "node:assert";
import { appendFile, readFile, writeFile } from "node:fs/promises";

import {
  compareWithCopy,
  compareWithState,
  type Copy,
  type EventEntry,
  type HeldObject,
  type JournalEvent,
  openFileJournal,
  type Verification,
  Verifier,
} from "../../../provider/src/journal";
import { recordedAs } from "../../../provider/src/journal/chain";
import { useJournalFile } from "../../support/journal-file";
import { intent, result, slot } from "./events";

const { stack } = slot;

describe("the evidence against a journal", () => {
  const place = useJournalFile();
  let state: HeldObject[];
  let copies: Copy[];
  let released: string[];

  beforeEach(() => {
    [state, copies, released] = [[], [], []];
  });

  async function append(event: JournalEvent): Promise<EventEntry> {
    const entry = await openFileJournal(place.file).append(event);
    copies.push({ where: "log-group:stream", text: entry.text });
    return entry;
  }

  /** Makes an application, which the state then holds. */
  async function make(objectId: string): Promise<void> {
    const name = `${objectId}/eu-1/default`;
    const begun = intent("create", { slot: name });
    await append(begun);
    const entry = await append(result(begun, "made", objectId));
    state.push({ type: "TenantApplication", objectId, slot: name, recordedAs: recordedAs(entry) });
  }

  async function remove(objectId: string): Promise<void> {
    const begun = intent("delete", { applicationId: objectId, slot: `${objectId}/eu-1/default` });
    await append(begun);
    await append(result(begun, "deleted", objectId));
    state = state.filter((object) => object.objectId !== objectId);
  }

  async function verify({ withCopy = false } = {}): Promise<Verification> {
    const verifier = new Verifier();
    for await (const entries of openFileJournal(place.file).stream()) verifier.take(entries);
    verifier.add(...compareWithState(verifier, { stack, objects: state, released }, place.file));
    if (withCopy) {
      // eslint-disable-next-line @typescript-eslint/require-await -- it already exists
      const all = async function* (): AsyncIterable<Copy[]> {
        yield copies;
      };
      const compared = await compareWithCopy(verifier, stack, all(), "log-group");
      verifier.add(...compared.defects, ...compared.gaps);
      verifier.note(...compared.notes);
    }
    return verifier.finish();
  }

  const kinds = ({ defects }: Verification): string[] => defects.map(({ kind }) => kind);

  async function changeLines(change: (lines: string[]) => string[]): Promise<void> {
    const lines = (await readFile(place.file, "utf8")).trimEnd().split("\n");
    await writeFile(place.file, `${change(lines).join("\n")}\n`);
  }

  it("is absent if the state and the copy agree with it", async () => {
    await make("a-1");
    await make("a-2");
    await remove("a-1");
    assert.deepEqual((await verify({ withCopy: true })).defects, []);
  });

  it("is the state, if the end was cut off with a create in it", async () => {
    await make("a-1");
    await make("a-2");
    await changeLines((lines) => lines.slice(0, 2));
    const found = await verify();
    assert.deepEqual(kinds(found), ["missing"]);
    assert.match(found.defects[0]!.problem, /\b4, sha256:.*a-2.*\b2\b/);
  });

  it("is the state, if the end was cut off with a delete in it", async () => {
    await make("a-1");
    await remove("a-1");
    await changeLines((lines) => lines.slice(0, 2));
    const found = await verify();
    assert.deepEqual(kinds(found), ["open"]);
    assert.match(found.defects[0]!.problem, /TenantApplication a-1/);
    released.push("a-1");
    assert.deepEqual(kinds(await verify()), []);
  });

  it("is the state, if it contains what is not on record in a recomputed chain", async () => {
    await make("a-1");
    await make("a-2");
    const [, , begun, ended] = copies.map(({ text }) => JSON.parse(text) as JournalEvent);
    await writeFile(place.file, "");
    for (const event of [begun!, ended!]) await openFileJournal(place.file).append(event);
    assert.deepEqual(kinds(await verify()), ["changed", "missing"]);
    state = state.map((object) => ({ ...object, recordedAs: undefined }));
    const found = await verify();
    assert.deepEqual(kinds(found), ["missing"]);
    assert.match(found.defects[0]!.problem, /\ba-1\b/);
  });

  it("is the state, if every event was stripped of its hash and labelled version 1", async () => {
    await make("a-1");
    await changeLines((lines) =>
      lines.map((line) => {
        const plain = Object.fromEntries(
          Object.entries(JSON.parse(line) as Record<string, unknown>).filter(
            ([key]) => !["previous", "sequence", "holds"].includes(key),
          ),
        );
        return JSON.stringify({ ...plain, v: 1 });
      }),
    );
    assert.deepEqual(kinds(await verify()), ["changed"]);
    // A state of version 0.1.0 knows of no hash.
    state = state.map((object) => ({ ...object, recordedAs: undefined }));
    assert.deepEqual(kinds(await verify()), []);
  });

  it("is its own form, if an event labelled version 1 has fields that version 1 did not have", async () => {
    const old = intent("create");
    const lines = [{ ...old, reason: "CHG-1" }, { ...old, v: 2, id: "2" }, intent("release")];
    await writeFile(place.file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const { defects } = await verify();
    assert.deepEqual(
      defects.filter(({ kind }) => kind === "changed").map(({ where }) => where.slice(-2)),
      [":1", ":2", ":3"],
    );
  });

  it("is the copy, if a pair of events was cut off that the state does not show", async () => {
    await make("a-1");
    await make("a-2");
    await remove("a-2");
    await changeLines((lines) => lines.slice(0, 2));
    assert.deepEqual(kinds(await verify()), []);
    assert.deepEqual(kinds(await verify({ withCopy: true })), ["missing", "missing", "missing", "missing"]);
  });

  it("is the copy, if it has a different event, lacks one, or contains something else", async () => {
    await make("a-1");
    await make("a-2");
    const whole = [...copies];
    copies = whole.with(1, { ...whole[1]!, text: whole[1]!.text.replace("someone@", "nobody@") });
    assert.deepEqual(kinds(await verify({ withCopy: true })), ["changed", "missing"]);
    copies = whole.toSpliced(2, 1);
    const lacking = await verify({ withCopy: true });
    assert.deepEqual(kinds(lacking), ["missing"]);
    assert.match(lacking.defects[0]!.problem, /\b3\b/);
    copies = [...whole, { where: "log-group:stream", text: "hello" }];
    assert.deepEqual(kinds(await verify({ withCopy: true })), ["unreadable"]);
    // The log group may have been set later.
    copies = whole.slice(2);
    assert.deepEqual(kinds(await verify({ withCopy: true })), []);
    copies = [];
    const empty = await verify({ withCopy: true });
    assert.deepEqual([empty.defects, empty.notes.map(({ kind }) => kind)], [[], ["notCompared"]]);
  });

  it("is not the line ends that git changed; later events are chained to what git stores", async () => {
    await make("a-1");
    const stored = await readFile(place.file, "utf8");
    await writeFile(place.file, stored.replaceAll("\n", "\r\n"));
    assert.deepEqual(kinds(await verify()), []);
    await make("a-2");
    assert.deepEqual(kinds(await verify()), []);
    await writeFile(place.file, (await readFile(place.file, "utf8")).replaceAll("\r\n", "\n"));
    assert.deepEqual(kinds(await verify({ withCopy: true })), []);
  });

  it("is not the zeros that a crash or a full disk left; a note names them", async () => {
    await make("a-1");
    const begun = copies[0]!.text.slice(0, 40);
    await appendFile(place.file, `${begun}${"\0".repeat(100_000)}\n${"\0".repeat(100_000)}`);
    await make("a-2");
    const found = await verify();
    assert.deepEqual(kinds(found), []);
    assert.equal(found.notes.length, 2);
    // The zeros may have taken the place of a line's end.
    await changeLines((lines) => lines.with(4, `${"\0".repeat(100_000)}${lines[4]!}`));
    assert.deepEqual(kinds(await verify()), []);
    assert.equal((await openFileJournal(place.file).read()).length, 4);
  });

  it("is zeros in the place of an event that was on record", async () => {
    await make("a-1");
    await make("a-2");
    await changeLines((lines) => lines.with(2, "\0".repeat(lines[2]!.length)));
    assert.deepEqual(kinds(await verify()), ["missing"]);
  });
});
