import { hash } from "node:crypto";

import { z } from "zod";

import { all, type ListedObject, type Objects } from "./s3-objects";

/**
 * Packs: copies of many objects of a journal in one, since a request for each takes most of the time. The objects stay
 * as they are: they are the record. A pack is believed in nothing: what it has of an object counts only where S3 itself
 * lists that object with the MD5 of just these bytes as its ETag. Of one that was overwritten, or whose ETag is no MD5
 * (SSE-KMS), the object is read. So packs may be deleted, damaged or written twice, and nothing is found less surely.
 *
 * They lie beside the journal's prefix, not below it: releases that know no packs read all that is below it.
 */

/** How the folder of packs is called: no stack's name has an exclamation mark. */
const packFolder = "!packed/";
/** How many objects a pack has at most; it is full, too, once they have so many bytes. */
export const mostObjects = 100;
const fullBytes = 1 << 19;
/** How many objects are looked at, of those that are in no pack: one request's. */
const lookedAt = 1000;
const between = "..";
/** How many objects are read at once, to pack them. */
const readsAtOnce = 24;

/** The first line of a pack: the names of the objects, and how many bytes each has. What they hold follows. */
const headerSchema = z.array(z.tuple([z.string(), z.int().nonnegative()]));

/** A pack, and the names of the first and the last object that it may hold. */
export interface Pack {
  key: string;
  first: string;
  last: string;
}

/** Returns whether a key is that of a pack: readers of several stacks' journals skip it. */
export function isPacked(key: string): boolean {
  return key.includes(packFolder);
}

/** Lists the packs of the journal below a prefix, in the order of what they hold; a whole bucket has none. */
export async function listPacks(objects: Objects, prefix: string, signal?: AbortSignal): Promise<Pack[]> {
  const folder = folderOf(prefix);
  if (folder === undefined) return [];
  const listed = await all(objects.list(folder, signal === undefined ? {} : { signal }));
  return listed.flatMap(({ key }) => {
    const [first = "", last = ""] = key.slice(folder.length).split(between);
    return first === "" || last === "" ? [] : [{ key, first, last }];
  });
}

/** Splits a pack's bytes into its objects, by name; empty if it is not a pack. */
export function unpack(pack: Buffer): Map<string, Buffer> {
  const end = pack.indexOf("\n");
  const held = new Map<string, Buffer>();
  let start = end + 1;
  for (const [name, length] of readHeader(pack.toString("utf8", 0, Math.max(0, end)))) {
    held.set(name, pack.subarray(start, start + length));
    start += length;
  }
  return held;
}

/** Returns whether bytes are what S3 says that an object holds. */
export function isWhatIsListed(bytes: Buffer, { etag }: ListedObject): boolean {
  return etag !== "" && md5(bytes) === etag;
}

/**
 * Packs the objects that are in no pack yet, if they fill one; does nothing if the ETags are not MD5s.
 *
 * @param most the most packs to create
 */
export async function packUnpacked(objects: Objects, prefix: string, most: number): Promise<void> {
  const folder = folderOf(prefix);
  if (folder === undefined) return;
  const packs = await listPacks(objects, prefix);
  const lastPacked = packs.reduce((latest, { last }) => (last > latest ? last : latest), "");
  const listed = await all(objects.list(prefix, { after: `${prefix}${lastPacked}`, most: lookedAt }));
  for (const group of fullGroups(listed).slice(0, most)) {
    const body = await packOf(objects, prefix, group);
    if (body === undefined) return;
    const [first, last] = [group[0], group.at(-1)].map((object) => object?.key.slice(prefix.length));
    await objects.add(`${folder}${first}${between}${last}`, body);
  }
}

function folderOf(prefix: string): string | undefined {
  return prefix === "" ? undefined : `${prefix.slice(0, -1)}${packFolder}`;
}

/** Divides objects into groups that fill a pack each; those at the end that do not are left out. */
function fullGroups(listed: readonly ListedObject[]): ListedObject[][] {
  const groups: ListedObject[][] = [];
  let group: ListedObject[] = [];
  let bytes = 0;
  for (const object of listed) {
    group.push(object);
    bytes += object.bytes;
    if (group.length < mostObjects && bytes < fullBytes) continue;
    groups.push(group);
    [group, bytes] = [[], 0];
  }
  return groups;
}

/** Returns what a pack of objects holds; undefined if S3 lists the last one with an ETag that is no MD5. */
async function packOf(
  objects: Objects,
  prefix: string,
  group: readonly ListedObject[],
): Promise<Buffer | undefined> {
  const last = group.at(-1);
  if (last === undefined || !isWhatIsListed(await objects.read(last.key), last)) return undefined;
  const bodies: Array<readonly [string, Buffer]> = [];
  const waiting = [...group];
  for (let some = waiting.splice(0, readsAtOnce); some.length > 0; some = waiting.splice(0, readsAtOnce)) {
    const read = await Promise.all(
      some.map(async (object) => ({ object, body: await objects.read(object.key) })),
    );
    for (const { object, body } of read)
      if (isWhatIsListed(body, object)) bodies.push([object.key.slice(prefix.length), body]);
  }
  const header = JSON.stringify(bodies.map(([name, { length }]) => [name, length]));
  return Buffer.concat([Buffer.from(`${header}\n`), ...bodies.map(([, body]) => body)]);
}

function readHeader(text: string): ReadonlyArray<[name: string, length: number]> {
  try {
    return headerSchema.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

/** A machine that follows FIPS 140 has no MD5: it reads the objects. */
function md5(bytes: Buffer): string | undefined {
  try {
    return hash("md5", bytes);
  } catch {
    return undefined;
  }
}
