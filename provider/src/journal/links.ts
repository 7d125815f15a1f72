import { randomInt } from "node:crypto";

/** How many bytes a SHA-256 has. */
const hashBytes = 32;
const prefix = "sha256:";

/**
 * The hashes of a chain's events, each with its number and the place of the event that follows it. A long
 * journal has many: they are stored outside the garbage collector's reach, in about 60 bytes per event.
 */
export class Links {
  #size = 0;
  #hashes = Buffer.alloc(0);
  #sequences = new Float64Array();
  /** The place of the follower: its file, as 1 more than the index in {@link #files} (0 for none), and its line. */
  #followers = new Uint32Array();
  #lines = new Uint32Array();
  /** The files, or objects, of the followers. */
  readonly #files: string[] = [];
  /** The places of the hashes in {@link #hashes}, from 1, by four of their bytes: an open hash table. */
  #table = new Uint32Array();
  /** Which four bytes; chosen at random, so that no one can construct collisions. */
  readonly #offset = randomInt(hashBytes - 3);

  /** Adds an event, if it is new. */
  add(hash: string, sequence: number): void {
    if (this.find(hash) !== undefined) return;
    if (this.#size === this.#sequences.length) this.#grow();
    this.#hashes.write(hash.slice(prefix.length), this.#size * hashBytes, "hex");
    this.#sequences[this.#size] = sequence;
    this.#size += 1;
    this.#index(this.#size - 1);
  }

  /** Returns the link of an event; undefined if there is none of that hash. */
  find(hash: string): number | undefined {
    const wanted = Buffer.from(hash.slice(prefix.length), "hex");
    if (wanted.length !== hashBytes || this.#size === 0) return undefined;
    const mask = this.#table.length - 1;
    for (let slot = wanted.readUInt32LE(this.#offset) & mask; ; slot = (slot + 1) & mask) {
      const link = (this.#table[slot] ?? 0) - 1;
      if (link === -1) return undefined;
      const start = link * hashBytes;
      if (this.#hashes.compare(wanted, 0, hashBytes, start, start + hashBytes) === 0) return link;
    }
  }

  /** Returns the number of an event. */
  sequenceOf(link: number): number {
    return this.#sequences[link] ?? 0;
  }

  /** Returns the place of the event that follows another; undefined if none does. */
  followerOf(link: number): string | undefined {
    const file = this.#files[(this.#followers[link] ?? 0) - 1];
    return file === undefined ? undefined : `${file}:${this.#lines[link]}`;
  }

  /** @param where `file:line` */
  setFollower(link: number, where: string): void {
    const end = where.lastIndexOf(":");
    const file = where.slice(0, end);
    if (this.#files.at(-1) !== file) this.#files.push(file);
    // A chain that is only sorted has none.
    if (this.#followers.length < this.#sequences.length) this.#makeRoomForFollowers();
    this.#followers[link] = this.#files.length;
    this.#lines[link] = Number(where.slice(end + 1));
  }

  /** Returns all hashes, with their numbers. */
  *[Symbol.iterator](): Iterator<[hash: string, sequence: number]> {
    for (let link = 0; link < this.#size; link += 1) {
      const start = link * hashBytes;
      yield [`${prefix}${this.#hashes.toString("hex", start, start + hashBytes)}`, this.sequenceOf(link)];
    }
  }

  #index(link: number): void {
    const mask = this.#table.length - 1;
    let slot = this.#hashes.readUInt32LE(link * hashBytes + this.#offset) & mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = link + 1;
  }

  #makeRoomForFollowers(): void {
    this.#followers = grown(this.#followers, new Uint32Array(this.#sequences.length));
    this.#lines = grown(this.#lines, new Uint32Array(this.#sequences.length));
  }

  #grow(): void {
    const capacity = Math.max(16, this.#size * 2);
    const hashes = Buffer.alloc(capacity * hashBytes);
    this.#hashes.copy(hashes);
    this.#hashes = hashes;
    this.#sequences = grown(this.#sequences, new Float64Array(capacity));
    this.#table = new Uint32Array(capacity * 2);
    for (let link = 0; link < this.#size; link += 1) this.#index(link);
  }
}

function grown<Numbers extends Float64Array | Uint32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
