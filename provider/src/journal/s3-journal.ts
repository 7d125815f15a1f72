import type { S3Client } from "@aws-sdk/client-s3";

import type { Aws } from "../aws/aws";
import { isAwsError } from "../aws-client";
import type { RecordedAs } from "./chain";
import { ChainOrder } from "./chain-order";
import { type Entry, readLine } from "./entry";
import { isAt } from "./file-journal";
import { type Journal, journalIn, type Store } from "./journal";
import { findTraces } from "./object-versions";

/** How many objects are read at once. */
const readsAtOnce = 24;
/** How many objects before the last ones are read at once, to find an event. */
const readsBackAtOnce = 8;

/**
 * How long before an event its object's key may say that it was written, in milliseconds: the key has the time of the
 * first event in it, and those that wait for a write share the next object.
 */
const olderKeyMs = 300_000;

/**
 * Keeps a journal below an S3 prefix, for runners whose disk goes away: events that come while others are being
 * written share one object, an event a line. Objects are only added; a bucket with versioning and object lock keeps
 * them from being changed. Keys begin with a time, and are in the order of the chain.
 *
 * @param url `s3://<bucket>/<prefix>`
 */
export function openS3Journal(url: string, aws: Aws): Journal {
  return journalIn(s3Store(url, aws));
}

function s3Store(url: string, aws: Aws): Store {
  const { hostname: bucket, pathname } = new URL(url);
  const prefix = `${pathname.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/$/, "");
  let client: Promise<S3Client> | undefined;
  const connect = (): Promise<S3Client> => (client ??= makeClient(aws));
  let lastKey = "";
  const read = async (key: string): Promise<StoredObject> => ({
    key,
    text: await readObject(await connect(), bucket, key),
  });
  const entriesOf = ({ key, text }: StoredObject): Entry[] =>
    text.split("\n").flatMap((line, index) => readLine(line, `s3://${bucket}/${key}:${index + 1}`));
  const list = async (after?: string): Promise<string[]> => {
    const keys = await listKeys(await connect(), bucket, prefix, after);
    lastKey = keys.at(-1) ?? lastKey;
    return keys;
  };
  return {
    location: url,
    async write(entries) {
      const [first] = entries;
      if (first === undefined) return;
      const key = `${prefix}${laterThan(lastKey.slice(prefix.length), first.event.at)}-${first.event.id}.json`;
      await addObject(await connect(), bucket, key, entries.map(({ text }) => text).join("\n"));
      lastKey = key;
    },
    async *read() {
      const order = new ChainOrder();
      for await (const object of readInOrder(await list(), read)) yield order.push(entriesOf(object));
      yield order.flush();
    },
    async readFrom(event) {
      const oldest = new Date(Date.parse(event.at) - olderKeyMs).toISOString();
      return readBack(await list(`${prefix}${oldest}`), event, async (key) => entriesOf(await read(key)));
    },
    // The engine's lock keeps others out, and a list at each event would double its time; a lost lock shows as a fork.
    isAsLeft: () => Promise.resolve(true),
    traces: async () => findTraces(await connect(), bucket, prefix),
  };
}

/** An object as it is stored: events, a line each. */
interface StoredObject {
  key: string;
  text: string;
}

/** Gives the time that a key begins with: an event's own, unless the last key has a later one, by another clock. */
function laterThan(lastName: string, at: string): string {
  const last = lastName.slice(0, at.length);
  if (at > last || Number.isNaN(Date.parse(last))) return at;
  return new Date(Date.parse(last) + 1).toISOString();
}

/** Reads objects, some at once, and gives them in the order of the keys. */
async function* readInOrder(
  keys: readonly string[],
  read: (key: string) => Promise<StoredObject>,
): AsyncIterable<StoredObject> {
  const begun: Array<Promise<StoredObject>> = [];
  let next = 0;
  const begin = (): void => {
    const key = keys[next];
    if (key === undefined) return;
    next += 1;
    const reading = read(key);
    // It is awaited in its turn.
    reading.catch(() => undefined);
    begun.push(reading);
  };
  for (let count = 0; count < readsAtOnce; count += 1) begin();
  for (let reading = begun.shift(); reading !== undefined; reading = begun.shift()) {
    yield await reading;
    begin();
  }
}

/** Reads objects from the last one backwards, until one has an event; undefined where none has. */
async function readBack(
  keys: readonly string[],
  event: RecordedAs,
  read: (key: string) => Promise<Entry[]>,
): Promise<Entry[] | undefined> {
  let entries: Entry[] = [];
  for (let end = keys.length; end > 0; end -= readsBackAtOnce) {
    const batch = keys.slice(Math.max(0, end - readsBackAtOnce), end);
    entries = [...(await Promise.all(batch.map(read))).flat(), ...entries];
    const place = entries.findIndex((entry) => isAt(entry, event));
    if (place !== -1) return entries.slice(place);
  }
  return undefined;
}

async function makeClient(aws: Aws): Promise<S3Client> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return aws.open(S3Client, "s3");
}

/** Stores an object, never over another. */
async function addObject(client: S3Client, bucket: string, key: string, body: string): Promise<void> {
  const { PutObjectCommand } = await import("@aws-sdk/client-s3");
  const request = { Bucket: bucket, Key: key, Body: body, ContentType: "application/json", IfNoneMatch: "*" };
  try {
    await client.send(new PutObjectCommand(request)).catch((error: unknown) => {
      // An attempt before this one was still under way.
      if (!isAwsError(error, "ConditionalRequestConflict")) throw error;
      return client.send(new PutObjectCommand(request));
    });
  } catch (error) {
    // The SDK tries again where an answer was lost, and then finds there what it has stored itself.
    const isThere = isAwsError(error, "PreconditionFailed");
    if (!isThere || (await readObject(client, bucket, key)) !== body) throw error;
  }
}

async function readObject(client: S3Client, bucket: string, key: string): Promise<string> {
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? "";
}

/** @param after the keys that come after this one; default: all */
async function listKeys(
  client: S3Client,
  bucket: string,
  prefix: string,
  after: string | undefined,
): Promise<string[]> {
  const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
  const request = { Bucket: bucket, Prefix: prefix, ...(after === undefined ? {} : { StartAfter: after }) };
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, request))
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
  return keys.sort();
}
