import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  formerHeads,
  historyOf,
  type Journal,
  openJournalOf,
  verifyJournal,
} from "../../../provider/src/journal";
import { type RecordedAs, recordedAs } from "../../../provider/src/journal/chain";
import { Holding } from "../../../provider/src/journal/holding";
import type { KnownBefore } from "../../../provider/src/journal/journal";
import { mentions } from "../../support/mentions";
import { intent, result, slot } from "./events";

const name = (stack: string) => `organization/project/${stack}`;

describe("the journal of a stack that was renamed", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "renamed-"));
    await writeFile(path.join(directory, "Pulumi.yaml"), "name: project\nruntime: nodejs\n");
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** Opens the journal of a stack whose state tells former names. */
  function open(stack: string, formerly: readonly string[] = [], location?: string): Journal {
    return openJournalOf({
      stack: name(stack),
      location,
      directory,
      formerNames: () => formerly.map(name),
    });
  }

  for (const [where, location] of [
    ["beside the stack", undefined],
    ["in one file for all", "journal.jsonl"],
  ] as const) {
    it(`includes earlier events as its own, through several names, ${where}`, async () => {
      const lost = intent("create", { stack: name("first") });
      await open("first", [], location).append(lost);
      const second = open("second", ["first"], location);
      assert.equal(historyOf(await second.read(), { ...slot, stack: name("second") }).kind, "open");
      const other = intent("delete", {
        stack: name("second"),
        slot: "globex/eu-1/default",
        applicationId: "a-2",
      });
      // Each event says it: a run may read the last one alone.
      const appended = await Promise.all(
        [other, { ...result(other, "deleted", "a-2"), stack: name("second") }].map((event) =>
          second.append(event),
        ),
      );
      assert.deepEqual(
        appended.map(({ event }) => event.formerly?.map(({ stack, sequence }) => [stack, sequence])),
        [[[name("first"), 1]], [[name("first"), 1]]],
      );

      // The state of the third may tell none of them, but the last.
      const third = open("third", ["second"], location);
      const again = intent("create", { stack: name("third") });
      await third.append(again);
      await third.append({ ...result(again, "recovered", "a-1"), stack: name("third") });
      const entries = await third.entries();
      assert.equal(entries.length, 5);
      const verification = verifyJournal(entries, third.location, formerHeads(entries));
      assert.deepEqual([verification.defects, verification.chains.length], [[], 3]);
      assert.deepEqual(
        verification.notes.map(({ kind }) => kind),
        ["settled"],
      );
      assert.deepEqual(new Set((await third.read()).map(({ stack }) => stack)), new Set([name("third")]));
      // Its own journal tells the names from now on, whatever the state does.
      assert.equal((await open("third", [], location).entries()).length, 5);
    });
  }

  for (const [what, before, now] of [
    ["another organization", "orgA/project/dev", "orgB/project/dev"],
    ["another project", "organization/one/dev", "organization/two/dev"],
    ["another organization, project and name", "orgA/one/dev", "orgB/two/prod"],
  ] as const) {
    for (const location of [undefined, "journal.jsonl"]) {
      it(`is one record in ${what}, ${location ?? "where each stack has its own file"}`, async () => {
        const openAs = (stack: string, formerNames: string[]): Journal =>
          openJournalOf({ stack, location, directory, formerNames: () => formerNames });
        const lost = intent("create", { stack: before });
        await openAs(before, []).append(lost);
        const moved = openAs(now, [before]);
        assert.equal(historyOf(await moved.read(), { ...slot, stack: now }).kind, "open");
        await moved.append({ ...result(lost, "recovered", "a-1"), stack: now });
        // Without the state's help from now on: the record itself tells the name.
        const later = openAs(now, []);
        const entries = await later.entries();
        assert.equal(entries.length, 2);
        assert.deepEqual(verifyJournal(entries, later.location, formerHeads(entries)).defects, []);
        assert.deepEqual(
          (await later.read()).map(({ stack }) => stack),
          [now, now],
        );
      });
    }
  }

  it("ignores a stack of the same name in another organization and project", async () => {
    const [own, other, another] = ["orgA/project/dev", "orgB/project/dev", "orgA/other/dev"];
    const openAs = (stack: string): Journal =>
      openJournalOf({ stack, location: "journal.jsonl", directory, formerNames: () => [] });
    for (const stack of [other, another]) await openAs(stack).append(intent("create", { stack: stack }));
    assert.equal(historyOf(await openAs(own).read(), { ...slot, stack: own }).kind, "clear");
  });

  it("ignores other stacks of the same journal", async () => {
    await open("other", [], "journal.jsonl").append(intent("create", { stack: name("other") }));
    const second = open("second", ["first"], "journal.jsonl");
    assert.equal(historyOf(await second.read(), { ...slot, stack: name("second") }).kind, "clear");
  });

  describe("is read only from its end", () => {
    const apiUrl = intent("create").apiUrl;
    /** What the state says: the application that was made as `recordedAs` says. */
    const known = (stack: string, last: RecordedAs): KnownBefore => {
      const holding = new Holding();
      holding.add({ apiUrl, type: "TenantApplication", slot: slot.slot, id: "a-1" });
      return { stack, last, holding: holding.toString(), idIn: () => "a-1" };
    };
    let last: RecordedAs;

    /** Gives whether the stack is known from the end alone: the first line of the first journal cannot be read. */
    async function isEndAlone(journal: Journal): Promise<boolean> {
      try {
        return (await journal.remember(known(name("second"), last))).isOfEnd;
      } catch (error) {
        mentions(String(error), "journal.jsonl:1");
        return false;
      }
    }

    async function spoil({ location }: Journal): Promise<void> {
      await writeFile(location, `no event\n${await readFile(location, "utf8")}`);
    }

    beforeEach(async () => {
      const first = open("first");
      const create = intent("create", { stack: name("first") });
      await first.append(create);
      last = recordedAs(await first.append({ ...result(create, "made", "a-1"), stack: name("first") }));
      const change = { ...intent("create", { stack: name("second"), type: "Customer", slot: "acme" }) };
      const second = open("second", ["first"]);
      assert.equal((await second.remember(known(name("second"), last))).isOfEnd, false);
      await second.append({ ...change, operation: "change" });
      await spoil(first);
    });

    it("once it has an event of its own, wherever its last create is on record", async () => {
      const second = open("second", ["first"]);
      assert.equal(await isEndAlone(second), true);
      const { event } = await second.append(
        intent("delete", { stack: name("second"), applicationId: "a-1" }),
      );
      assert.deepEqual(
        event.formerly?.map(({ stack }) => stack),
        [name("first")],
      );
      assert.equal(event.holds, known(name("second"), last).holding);
      assert.equal(await isEndAlone(open("second", ["first"])), true);
    });

    it("but not if the journal of a former name has grown since", async () => {
      const entries = (await readFile(open("first").location, "utf8")).split("\n").slice(1);
      await writeFile(open("first").location, entries.join("\n"));
      await open("first").append(intent("create", { stack: name("first"), slot: "globex/eu-1/default" }));
      await spoil(open("first"));
      assert.equal(await isEndAlone(open("second", ["first"])), false);
    });

    it("but not if the state has a name that the journal does not", async () => {
      assert.equal(await isEndAlone(open("second", ["first", "another"])), false);
    });
  });

  it("is reported as cut off if the end under the former name is missing", async () => {
    const first = open("first");
    await first.append(intent("create", { stack: name("first") }));
    const second = open("second", ["first"]);
    await second.append(intent("delete", { stack: name("second"), applicationId: "a-1" }));
    await rm(first.location);
    const entries = await second.entries();
    const { defects } = verifyJournal(entries, second.location, formerHeads(entries));
    assert.ok(defects.some(({ kind }) => kind === "notFound"));
  });

  it("does not count a move from a former stack as a release, but counts a hand-over as one", async () => {
    const application = { applicationId: "a-1", operation: "release" } as const;
    for (const [file, parameters, kind] of [
      ["here.jsonl", { to: name("second") }, "made"],
      ["elsewhere.jsonl", { to: name("third") }, "clear"],
      ["handed-over.jsonl", {}, "clear"],
    ] as const) {
      const first = open("first", [], file);
      const create = intent("create", { stack: name("first") });
      const released = { ...intent("release", { ...application, stack: name("first") }), parameters };
      for (const event of [create, { ...result(create, "made", "a-1"), stack: name("first") }])
        await first.append(event);
      for (const event of [released, { ...result(released, "released", "a-1"), stack: name("first") }])
        await first.append(event);
      const second = open("second", ["first"], file);
      assert.equal(historyOf(await second.read(), { ...slot, stack: name("second") }).kind, kind);
    }
  });
});
