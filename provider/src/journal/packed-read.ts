import { isPacked, isWhatIsListed, listPacks, mostObjects, type Pack, unpack } from "./packs";
import { isAnswer, type ListedObject, type Objects } from "./s3-objects";

/** How many objects are read at once, and how many of them one pack counts as. */
const readsAtOnce = 24;
const readsOfPack = 12;
/** The size of the buffer for a pack: twice the size of a full one, because its last object may be large. */
const roomBytes = 1 << 20;

/** An object as it is stored: one event per line. */
export interface StoredObject {
  key: string;
  /** Valid only until the next object is read: then the buffer may be reused. */
  bytes: Buffer;
}

/** Objects that are read together: those of a pack, or a single one. */
interface Part {
  pack: Pack | undefined;
  objects: ListedObject[];
}

/** A part that is being read, and the buffer for its pack. */
interface Begun {
  part: Part;
  room: Buffer | undefined;
  reading: Promise<StoredObject[]>;
}

/**
 * Reads all objects below a prefix, several at once, and yields them in the order of the keys: from packs if
 * S3's list matches them, otherwise the objects themselves. Packs are read into the same buffers again and
 * again, since the garbage collector is slow to free them.
 *
 * The first page of the list is awaited before any other request, and the first failure ends all requests in
 * flight: if S3 does not respond, one request reports it.
 *
 * @param note called with each key
 */
export async function* readInOrder(
  objects: Objects,
  prefix: string,
  note: (key: string) => void,
): AsyncIterable<StoredObject> {
  const end = new AbortController();
  const { signal } = end;
  const begun: Begun[] = [];
  const rooms: Buffer[] = [];
  const isRoomFor = (part: Part): boolean =>
    begun.reduce((sum, other) => sum + weightOf(other.part), weightOf(part)) <= readsAtOnce;
  async function* first(): AsyncIterable<StoredObject> {
    const oldest = begun[0];
    if (oldest === undefined) return;
    yield* await oldest.reading;
    begun.shift();
    if (oldest.room !== undefined) rooms.push(oldest.room);
  }
  try {
    for await (const part of divide(objects, prefix, note, signal)) {
      while (!isRoomFor(part)) yield* first();
      const room = part.pack === undefined ? undefined : (rooms.pop() ?? Buffer.allocUnsafeSlow(roomBytes));
      const reading = readPart(objects, prefix, part, {
        signal,
        ...(room === undefined ? {} : { into: room }),
      });
      // It is awaited in its turn.
      reading.catch(() => undefined);
      begun.push({ part, room, reading });
    }
    while (begun.length > 0) yield* first();
  } finally {
    end.abort();
  }
}

function weightOf({ pack }: Part): number {
  return pack === undefined ? 1 : readsOfPack;
}

/** Lists the objects in parts that are read together. */
async function* divide(
  objects: Objects,
  prefix: string,
  note: (key: string) => void,
  signal: AbortSignal,
): AsyncIterable<Part> {
  let packs: Pack[] | undefined;
  let next = 0;
  let ofPack: Part | undefined;
  for await (const page of objects.list(prefix, { signal })) {
    packs ??= await listPacks(objects, prefix, signal).catch(noneIfAnswered([]));
    for (const object of page) {
      const name = object.key.slice(prefix.length);
      if (isPacked(name)) continue;
      note(object.key);
      const isFull = ofPack !== undefined && ofPack.objects.length >= mostObjects;
      if (ofPack?.pack !== undefined && (ofPack.pack.last < name || isFull)) {
        yield ofPack;
        ofPack = undefined;
        next += 1;
      }
      while ((packs[next]?.last ?? name) < name) next += 1;
      const pack = packs[next];
      if (pack === undefined || name < pack.first) yield { pack: undefined, objects: [object] };
      else if (ofPack === undefined) ofPack = { pack, objects: [object] };
      else ofPack.objects.push(object);
    }
  }
  if (ofPack !== undefined) yield ofPack;
}

async function readPart(
  objects: Objects,
  prefix: string,
  { pack, objects: listed }: Part,
  options: { signal: AbortSignal; into?: Buffer },
): Promise<StoredObject[]> {
  const held =
    pack === undefined
      ? undefined
      : await objects.read(pack.key, options).then(unpack).catch(noneIfAnswered(undefined));
  return Promise.all(
    listed.map(async (object): Promise<StoredObject> => {
      const packed = held?.get(object.key.slice(prefix.length));
      const isGood = packed !== undefined && isWhatIsListed(packed, object);
      const bytes = isGood ? packed : await objects.read(object.key, { signal: options.signal });
      return { key: object.key, bytes };
    }),
  );
}

/**
 * A pack that is missing, or that this role cannot read, can be replaced by its objects. But if S3 does not respond,
 * the remaining reads would fail, too.
 */
function noneIfAnswered<T>(none: T): (error: unknown) => T {
  return (error) => {
    if (isAnswer(error)) return none;
    throw error;
  };
}
