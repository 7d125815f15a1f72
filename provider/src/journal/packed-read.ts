import { isWhatIsListed, mostObjects, type Pack, unpack } from "./packs";
import type { ListedObject, Objects } from "./s3-objects";

/** How many objects are read at once, and how many of them a pack stands for there. */
const readsAtOnce = 24;
const readsOfPack = 12;

/** An object as it is stored: events, a line each. */
export interface StoredObject {
  key: string;
  bytes: Buffer;
}

/** Objects that are read together: those of a pack, or one. */
interface Part {
  pack: Pack | undefined;
  objects: ListedObject[];
}

/**
 * Reads objects, some at once, and gives them in the order of the keys: from packs where S3 lists them as they are
 * there, and else themselves.
 *
 * @param listed in the order of their keys
 * @param packs in the order of what they hold
 */
export async function* readInOrder(
  objects: Objects,
  prefix: string,
  listed: readonly ListedObject[],
  packs: readonly Pack[],
): AsyncIterable<StoredObject> {
  const parts = divide(listed, packs, prefix);
  const begun: Array<{ part: Part; reading: Promise<StoredObject[]> }> = [];
  const isRoomFor = (part: Part): boolean =>
    begun.reduce((sum, other) => sum + weightOf(other.part), weightOf(part)) <= readsAtOnce;
  let next = 0;
  for (;;) {
    for (let part = parts[next]; part !== undefined && isRoomFor(part); part = parts[next]) {
      const reading = readPart(objects, prefix, part);
      // It is awaited in its turn.
      reading.catch(() => undefined);
      begun.push({ part, reading });
      next += 1;
    }
    const first = begun[0];
    if (first === undefined) return;
    const read = await first.reading;
    begun.shift();
    yield* read;
  }
}

function weightOf({ pack }: Part): number {
  return pack === undefined ? 1 : readsOfPack;
}

function divide(listed: readonly ListedObject[], packs: readonly Pack[], prefix: string): Part[] {
  const parts: Part[] = [];
  let next = 0;
  let ofPack: Part | undefined;
  for (const object of listed) {
    const name = object.key.slice(prefix.length);
    const isPast = (pack: Pack): boolean =>
      pack.last < name || (ofPack?.pack === pack && ofPack.objects.length >= mostObjects);
    while (packs[next] !== undefined && isPast(packs[next] as Pack)) next += 1;
    const pack = packs[next];
    if (pack === undefined || name < pack.first) {
      parts.push({ pack: undefined, objects: [object] });
    } else if (ofPack?.pack === pack) {
      ofPack.objects.push(object);
    } else {
      ofPack = { pack, objects: [object] };
      parts.push(ofPack);
    }
  }
  return parts;
}

async function readPart(
  objects: Objects,
  prefix: string,
  { pack, objects: listed }: Part,
): Promise<StoredObject[]> {
  // One that is gone, or that this role cannot read, is nothing lost.
  const held = pack === undefined ? undefined : await objects.read(pack.key).then(unpack, () => undefined);
  return Promise.all(
    listed.map(async (object): Promise<StoredObject> => {
      const packed = held?.get(object.key.slice(prefix.length));
      const isGood = packed !== undefined && isWhatIsListed(packed, object);
      const bytes = isGood ? packed : await objects.read(object.key);
      return { key: object.key, bytes };
    }),
  );
}
