import { randomInt } from "node:crypto";

/** How many bytes a SHA-256 has, and how many of them are stored. */
const hashBytes = 32;
const keptBytes = 8;
const prefix = "sha256:";
/** How many words of the table one hash takes. */
const words = 2;

/**
 * The hashes of a long journal's events, for finding out whether one exists: 8 bytes of each, chosen at
 * random, so that no one can construct a collision. They are outside the garbage collector's reach.
 */
export class SeenHashes {
  #size = 0;
  /** An open hash table. No hash is stored as two zeros. */
  #table = new Uint32Array(words * 64);
  readonly #start = prefix.length + 2 * randomInt(hashBytes - keptBytes + 1);

  add(hash: string): void {
    if ((this.#size + 1) * words * 2 > this.#table.length) this.#grow();
    this.#put(...this.#read(hash));
  }

  has(hash: string): boolean {
    const [high, low] = this.#read(hash);
    return this.#table[this.#placeOf(high, low) + 1] !== 0;
  }

  #read(hash: string): [high: number, low: number] {
    const middle = this.#start + keptBytes;
    const high = Number.parseInt(hash.slice(this.#start, middle), 16);
    const low = Number.parseInt(hash.slice(middle, middle + keptBytes), 16);
    return [high, low === 0 ? 1 : low];
  }

  /** Finds the position of a hash, or the free one for it. */
  #placeOf(high: number, low: number): number {
    const mask = this.#table.length - 1;
    let place = (low * words) & mask;
    while (this.#table[place + 1] !== 0 && (this.#table[place] !== high || this.#table[place + 1] !== low))
      place = (place + words) & mask;
    return place;
  }

  #put(high: number, low: number): void {
    const place = this.#placeOf(high, low);
    if (this.#table[place + 1] === 0) this.#size += 1;
    this.#table[place] = high;
    this.#table[place + 1] = low;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(before.length * 2);
    this.#size = 0;
    for (let place = 0; place < before.length; place += words) {
      const low = before[place + 1] ?? 0;
      if (low !== 0) this.#put(before[place] ?? 0, low);
    }
  }
}
