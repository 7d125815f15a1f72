import type { Aws } from "../aws/aws";
import { endsWithin } from "../concurrency";
import type { RecordedAs } from "./chain";
import { ChainOrder } from "./chain-order";
import { type Entry, readLine } from "./entry";
import { isAt } from "./file-journal";
import { type Journal, journalIn, type Reached, type Store } from "./journal";
import { findTraces } from "./object-versions";
import { readInOrder, type StoredObject } from "./packed-read";
import { isPacked, packUnpacked } from "./packs";
import { all, type ListedObject, objectsIn } from "./s3-objects";

/** How many objects before the last ones are read at once, to find an event. */
const readsBackAtOnce = 8;
/** How many packs a run makes that has read all, and takes its time anyway; and another. */
const packsAtOnce = { ofLongRun: 20, ofAnother: 2 };
/** How long a run waits for objects to be packed, before it writes for the first time. */
const packingMs = 5_000;

/** Only another list shows how far it was read. */
const asLeft: Reached = { bytes: 0 };

/**
 * How long before an event its object's key may say that it was written, in milliseconds: the key has the time of the
 * first event in it, and those that wait for a write share the next object.
 */
const olderKeyMs = 300_000;

/**
 * Keeps a journal below an S3 prefix, for runners whose disk goes away: events that come while others are being
 * written share one object, an event a line. Objects are only added; a bucket with versioning and object lock keeps
 * them from being changed. Keys begin with a time, and are in the order of the chain. Beside them lie copies of many in
 * one, which are only read faster (`packs.ts`).
 *
 * @param url `s3://<bucket>/<prefix>`
 */
export function openS3Journal(url: string, aws: Aws): Journal {
  return journalIn(s3Store(url, aws));
}

function s3Store(url: string, aws: Aws): Store {
  const { hostname: bucket, pathname } = new URL(url);
  const prefix = `${pathname.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/$/, "");
  const objects = objectsIn(bucket, aws);
  let lastKey = "";
  const entriesOf = ({ key, bytes }: StoredObject): Entry[] =>
    bytes
      .toString("utf8")
      .split("\n")
      .flatMap((line, index) => readLine(line, `s3://${bucket}/${key}:${index + 1}`));
  const note = (key: string): void => {
    if (key > lastKey) lastKey = key;
  };
  return {
    location: url,
    async write(entries) {
      const [first] = entries;
      if (first === undefined) return asLeft;
      const key = `${prefix}${laterThan(lastKey.slice(prefix.length), first.event.at)}-${first.event.id}.json`;
      await objects.add(key, entries.map(({ text }) => text).join("\n"));
      lastKey = key;
      return asLeft;
    },
    async *read() {
      const order = new ChainOrder();
      for await (const object of readInOrder(objects, prefix, note)) yield order.push(entriesOf(object));
      yield order.flush();
    },
    async readFrom(event) {
      const oldest = new Date(Date.parse(event.at) - olderKeyMs).toISOString();
      const read = async ({ key }: ListedObject): Promise<Entry[]> =>
        entriesOf({ key, bytes: await objects.read(key) });
      const after = await all(objects.list(prefix, { after: `${prefix}${oldest}` }));
      const listed = after.filter(({ key }) => !isPacked(key.slice(prefix.length)));
      for (const { key } of listed) note(key);
      const entries = await readBack(listed, event, read);
      return entries === undefined ? undefined : { entries, reached: asLeft };
    },
    // The engine's lock keeps others out, and a list at each event would double its time; a lost lock shows as a fork.
    isAsLeft: () => Promise.resolve(true),
    async tidy(isLongRun) {
      const packing = packUnpacked(
        objects,
        prefix,
        isLongRun ? packsAtOnce.ofLongRun : packsAtOnce.ofAnother,
      );
      // A role that may not write there continues without packs: it only reads more slowly.
      await endsWithin(
        packing.catch(() => undefined),
        packingMs,
      );
    },
    traces: async () => findTraces(await objects.connect(), bucket, prefix),
  };
}

/** Returns the time that a key begins with: an event's own, unless the last key has a later one, by another clock. */
function laterThan(lastName: string, at: string): string {
  const last = lastName.slice(0, at.length);
  if (at > last || Number.isNaN(Date.parse(last))) return at;
  return new Date(Date.parse(last) + 1).toISOString();
}

/** Reads objects from the last one backwards, until one has an event; undefined if none has. */
async function readBack(
  listed: readonly ListedObject[],
  event: RecordedAs,
  read: (object: ListedObject) => Promise<Entry[]>,
): Promise<Entry[] | undefined> {
  let entries: Entry[] = [];
  for (let end = listed.length; end > 0; end -= readsBackAtOnce) {
    const batch = listed.slice(Math.max(0, end - readsBackAtOnce), end);
    entries = [...(await Promise.all(batch.map(read))).flat(), ...entries];
    const place = entries.findIndex((entry) => isAt(entry, event));
    if (place !== -1) return entries.slice(place);
  }
  return undefined;
}
