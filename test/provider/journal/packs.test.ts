import { strict as assert } from "node:assert";

import {
  type EventEntry,
  type Journal,
  type JournalEvent,
  openS3Journal,
  verifyJournal,
} from "../../../provider/src/journal";
import { recordedAs } from "../../../provider/src/journal/chain";
import { awsHere, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";
import { Bucket } from "./bucket";
import { intent, result } from "./events";

const location = "s3://journals/tenants";
/** How many objects there are before the run that packs; a pack takes 100 of them. */
const objectsBefore = 130;

interface Grown {
  written: EventEntry[];
  objects: Map<string, string>;
}

describe("packs of a journal in S3", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);
  let bucket: Bucket;
  let grown: Grown | undefined;

  beforeEach(() => {
    bucket = new Bucket();
    server.answerWith((request, response) => void bucket.answer(request, response));
  });

  const open = (): Journal => openS3Journal(location, awsHere());
  const isPack = (key: string): boolean => key.startsWith("tenants!packed/");
  const packs = (): string[] => [...bucket.objects.keys()].filter(isPack);
  const originals = (): string[] => [...bucket.objects.keys()].filter((key) => key.startsWith("tenants/"));

  /** Puts a journal there that one run wrote, an event an object. It is written once for all tests. */
  async function grow(): Promise<EventEntry[]> {
    grown ??= await write();
    for (const [key, text] of grown.objects) bucket.objects.set(key, text);
    return grown.written;
  }

  async function write(): Promise<Grown> {
    const journal = open();
    const written: EventEntry[] = [];
    for (let number = 0; number < objectsBefore / 2; number += 1) {
      const announced = intent("create", { slot: `customer${number}/eu-1/default` });
      written.push(await journal.append(announced));
      written.push(await journal.append(result(announced, "made", `a-${number}`)));
    }
    assert.deepEqual(packs(), []);
    return { written, objects: new Map(bucket.objects) };
  }

  /** Writes what another run does, which packs first. */
  async function run(): Promise<void> {
    const journal = open();
    const announced = intent("create", { slot: "another/eu-1/default" });
    await journal.append(announced);
    await journal.append(result(announced, "made", "a-another"));
  }

  async function read(): Promise<{ events: JournalEvent[]; defects: string[]; gets: string[] }> {
    bucket.gets.length = 0;
    const entries = await open().entries();
    const { defects } = verifyJournal(entries, location);
    const events = entries.flatMap((entry) => (entry.kind === "event" ? [entry.event] : []));
    return { events, defects: defects.map(({ kind }) => kind), gets: [...bucket.gets] };
  }

  it("are created by the next run beside the journal, and read in place of its objects", async () => {
    const written = await grow();
    await run();
    assert.equal(packs().length, 1);
    assert.equal(originals().length, objectsBefore + 2);
    const { events, defects, gets } = await read();
    assert.deepEqual(
      events.slice(0, objectsBefore),
      written.map(({ event }) => event),
    );
    assert.deepEqual(defects, []);
    assert.deepEqual(
      gets.toSorted(),
      [...packs(), ...originals().toSorted().slice(100)].toSorted(),
      "the pack, and what is in none",
    );
    await run();
    assert.equal(packs().length, 1, "no more are made before they are full");
  });

  it("hide no object that was overwritten, emptied or deleted since", async () => {
    await grow();
    await run();
    const [first = "", key = "", , , other = ""] = originals().toSorted().slice(50);
    const before = new Map(bucket.objects);
    const put = (text: string): void => void bucket.objects.set(key, text);
    put((before.get(key) ?? "").replace("someone@somewhere", "nobody@nowhere"));
    assert.deepEqual((await read()).defects, ["changed"]);
    put("");
    assert.deepEqual((await read()).defects.toSorted(), ["missing", "open"]);
    put(before.get(other) ?? "");
    assert.ok((await read()).defects.includes("fork"));
    put(before.get(key) ?? "");
    bucket.objects.delete(first);
    assert.ok((await read()).defects.includes("missing"));
  });

  it("are believed in nothing: one that was changed, cut short or lost changes nothing", async () => {
    await grow();
    await run();
    const [pack = ""] = packs();
    const good = bucket.objects.get(pack) ?? "";
    const spoilt = [
      good.replaceAll("someone@somewhere", "nobody@nowhere0000"),
      good.slice(0, 5000),
      good.slice(0, 10),
      "",
      '[["../odd.json",-1]]\n',
    ];
    for (const text of spoilt) {
      bucket.objects.set(pack, text);
      const { events, defects } = await read();
      assert.equal(events.length, objectsBefore + 2);
      assert.deepEqual(defects, []);
    }
    bucket.objects.delete(pack);
    bucket.objects.set("tenants!packed/0..9", good);
    bucket.objects.set("tenants!packed/odd", good);
    assert.deepEqual((await read()).defects, []);
  });

  it("are neither created nor used if S3's ETags are not MD5s, as with a key of KMS", async () => {
    await grow();
    bucket.etagOf = (_, key) => Buffer.from(key).toString("hex").slice(0, 32);
    bucket.gets.length = 0;
    await run();
    assert.deepEqual(packs(), []);
    assert.equal(bucket.gets.length, objectsBefore + 1, "all to continue the chain, and one to see that");
    assert.equal((await read()).gets.length, objectsBefore + 2);
    const { etagOf } = bucket;
    bucket.etagOf = new Bucket().etagOf;
    await run();
    assert.equal(packs().length, 1);
    bucket.etagOf = etagOf;
    const { gets } = await read();
    assert.equal(gets.filter((key) => !isPack(key)).length, objectsBefore + 4);
  });

  it("are done without by a role that may not write them", async () => {
    await grow();
    bucket.isDenied = isPack;
    await run();
    assert.deepEqual(packs(), []);
    const { defects, gets } = await read();
    assert.deepEqual(defects, []);
    assert.equal(gets.length, objectsBefore + 2);
  });

  it("cost most ups nothing, however long the journal is: they list and read its end alone", async () => {
    const written = await grow();
    await run();
    const entries = await open().entries();
    const last = entries.findLast((entry) => entry.kind === "event");
    assert.ok(last?.kind === "event" && written.length === objectsBefore);
    const { stack, holds = "" } = last.event;
    bucket.gets.length = 0;
    bucket.lists.length = 0;
    const isToPack = recordedAs(last).hash.endsWith("0");
    const journal = open();
    await journal.remember({ stack, holding: holds, last: recordedAs(last), idIn: () => undefined });
    await journal.append(intent("create"));
    assert.ok(bucket.gets.length <= 8, String(bucket.gets.length));
    assert.deepEqual(bucket.lists, ["tenants/", ...(isToPack ? ["tenants!packed/", "tenants/"] : [])]);
  });

  it("are no part of the journal of several stacks that is read by their common prefix", async () => {
    await grow();
    await run();
    assert.equal(packs().length, 1);
    const entries = await openS3Journal("s3://journals", awsHere()).entries();
    assert.deepEqual(verifyJournal(entries, location).defects, []);
    assert.equal(entries.length, objectsBefore + 2);
  });
});
