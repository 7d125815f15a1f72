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

/** How many objects are read at once when searching backwards for an event. */
const readsBackAtOnce = 8;
/** How many packs a run creates: one that has read everything, and takes long anyway; any other one. */
const packsAtOnce = { ofLongRun: 20, ofAnother: 2 };
/** How long a run waits for packing before its first write, in milliseconds. */
const packingMs = 5_000;

/** Only listing again shows how far it was read. */
const asLeft: Reached = { bytes: 0 };

/**
 * How much earlier than an event the time in its object's key may be, in milliseconds: the key contains the time of the
 * object's first event, and events that wait for a write share the next object.
 */
const olderKeyMs = 300_000;

/**
 * Stores a journal below an S3 prefix, for runners whose disk is discarded. Events that arrive during a write share the
 * next object, one event per line. Objects are only added; a bucket with versioning and object lock protects them from
 * changes. Keys begin with a time, and are in the order of the chain. Packs beside them make reading faster
 * (`packs.ts`).
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
    // The engine's lock excludes other writers, and a list before each event would double its time. If the lock is
    // lost, a fork shows it.
    isAsLeft: () => Promise.resolve(true),
    async tidy(isLongRun) {
      const packing = packUnpacked(
        objects,
        prefix,
        isLongRun ? packsAtOnce.ofLongRun : packsAtOnce.ofAnother,
      );
      // A role that may not write packs continues without them: it only reads more slowly.
      await endsWithin(
        packing.catch(() => undefined),
        packingMs,
      );
    },
    traces: async () => findTraces(await objects.connect(), bucket, prefix),
  };
}

/** Returns the time for a key: the event's own, or that of the last key if another clock made it later. */
function laterThan(lastName: string, at: string): string {
  const last = lastName.slice(0, at.length);
  if (at > last || Number.isNaN(Date.parse(last))) return at;
  return new Date(Date.parse(last) + 1).toISOString();
}

/** Reads objects backwards from the last one until one contains an event; undefined if none does. */
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
