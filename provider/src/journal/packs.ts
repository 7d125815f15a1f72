import { hash } from "node:crypto";

import { z } from "zod";

import { all, type ListedObject, type Objects } from "./s3-objects";

/**
 * Packs: copies of many objects of a journal in one object, because one request per object takes most of the time. The
 * objects themselves remain the record. A pack is not trusted: its copy of an object counts only if S3 lists that
 * object with the MD5 of exactly these bytes as its ETag. If it was overwritten, or its ETag is not an MD5 (SSE-KMS),
 * the object itself is read. So packs may be deleted, damaged or written twice without any effect on the result.
 *
 * They are stored beside the journal's prefix, not below it: releases without packs read everything below it.
 */

/** The name of the folder of packs: no stack's name contains an exclamation mark. */
const packFolder = "!packed/";
/** The most objects in a pack. It is also full when they have this many bytes. */
export const mostObjects = 100;
const fullBytes = 1 << 19;
/** How many objects without a pack are considered: as many as one request lists. */
const lookedAt = 1000;
const between = "..";
/** How many objects are read at once for packing. */
const readsAtOnce = 24;

/** The first line of a pack: the names and sizes of its objects, whose contents follow. */
const headerSchema = z.array(z.tuple([z.string(), z.int().nonnegative()]));

/** A pack, and the names of the first and last object that it may contain. */
export interface Pack {
  key: string;
  first: string;
  last: string;
}

/** Returns whether a key is that of a pack: readers of several stacks' journals skip it. */
export function isPacked(key: string): boolean {
  return key.includes(packFolder);
}

/** Lists the packs of the journal below a prefix, in the order of their contents; none for a whole bucket. */
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

/** Returns whether bytes are the contents of an object, according to S3. */
export function isWhatIsListed(bytes: Buffer, { etag }: ListedObject): boolean {
  return etag !== "" && md5(bytes) === etag;
}

/**
 * Packs the objects that are not packed yet, if they fill a pack; does nothing if the ETags are not MD5s.
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

/** Divides objects into groups that each fill a pack; a last group that does not is left out. */
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

/** Returns the contents of a pack of objects; undefined if S3 lists the last one with an ETag that is not an MD5. */
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

/** A machine in FIPS 140 mode has no MD5: it reads the objects themselves. */
function md5(bytes: Buffer): string | undefined {
  try {
    return hash("md5", bytes);
  } catch {
    return undefined;
  }
}
