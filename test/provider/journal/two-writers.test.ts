import { strict as assert } from "node:assert";

import { type Journal, openFileJournal, verifyJournal } from "../../../provider/src/journal";
import { recordedAs } from "../../../provider/src/journal/chain";
import { useJournalFile } from "../../support/journal-file";
import { intent, result } from "./events";
import { Shelf } from "./shelf";

describe("a journal to which the program and the provider of its resources write", () => {
  const place = useJournalFile();
  const shelf = new Shelf();
  const places: Array<[name: string, open: () => Journal]> = [
    ["on disk", () => openFileJournal(place.file)],
    ["where nothing tells that another has written", () => shelf.open()],
  ];

  for (const [name, open] of places)
    it(`stays one chain, ${name}`, async () => {
      const [program, provider] = [open(), open()];
      const change = { type: "Customer", applicationId: undefined } as const;
      const [one, other] = [intent("change", change), intent("change", { ...change, slot: "globex" })];
      const announced = recordedAs(await program.append(one));
      await program.append(other);
      await provider.append(result(one, "changed"));
      const ends = await program.read(({ event }) => event === "result", announced);
      assert.deepEqual(
        ends.map((event) => event.event === "result" && event.intent),
        [one.id],
      );
      await program.append(result(other, "unknown"));
      assert.deepEqual(verifyJournal(await open().entries(), "").defects, []);
    });

  it("is read from the event that is given on, and else as a whole", async () => {
    const long = new Shelf();
    const events = [intent("change"), intent("change"), intent("change")];
    const entries = [];
    for (const event of events) entries.push(await long.open().append(event));
    const second = entries[1];
    assert.ok(second !== undefined);
    const before = long.reads;
    assert.deepEqual(
      (await long.open().read(undefined, recordedAs(second))).map(({ id }) => id),
      events.slice(1).map(({ id }) => id),
    );
    assert.equal(long.reads, before);
    const missing = { ...recordedAs(second), sequence: 9 };
    assert.equal((await long.open().read(undefined, missing)).length, events.length);
    assert.equal(long.reads, before + 1);
  });
});
