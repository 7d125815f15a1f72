import { hash, randomInt } from "node:crypto";

import { Texts } from "./texts";

/** How many bytes a SHA-256 has. */
const hashBytes = 32;

/**
 * How many hashes are cached: the same few texts are looked up repeatedly, and a SHA-256 costs more than all the rest.
 */
const mostKeptHashes = 256;

/**
 * Numbers many texts, from 0, and stores a value for each: for names in a long journal that are rarely looked up, such
 * as all objects ever created. Like {@link Texts}, it is outside the garbage collector's reach.
 */
export class TextIndex {
  readonly #texts = new Texts();
  #size = 0;
  /** The values: whole numbers below 2^32. */
  #values = new Uint32Array();
  #hashes = new Uint32Array();
  /** The numbers of the texts, from 1, by their hashes: an open hash table. */
  #table = new Uint32Array();
  /** Which four bytes of a SHA-256 are the hash; chosen at random, so that no one can construct collisions. */
  readonly #offset = randomInt(hashBytes - 3);
  readonly #keptHashes = new Map<string, number>();

  /** The number of texts. */
  get size(): number {
    return this.#size;
  }

  /** Returns the number of a text; undefined if it was not added. */
  find(text: string): number | undefined {
    return this.#find(text, this.#hash(text));
  }

  /** Returns the number of a text. A new text is added, with the value 0. */
  add(text: string): number {
    const hashed = this.#hash(text);
    const found = this.#find(text, hashed);
    if (found !== undefined) return found;
    if (this.#size === this.#values.length) this.#grow();
    const number = this.#texts.add(text);
    this.#hashes[number] = hashed;
    this.#size += 1;
    this.#place(number);
    return number;
  }

  /** Returns a text by its number. */
  at(number: number): string {
    return this.#texts.at(number);
  }

  value(number: number): number {
    return this.#values[number] ?? 0;
  }

  setValue(number: number, value: number): void {
    this.#values[number] = value;
  }

  #hash(text: string): number {
    const kept = this.#keptHashes.get(text);
    if (kept !== undefined) return kept;
    const hashed = hash("sha256", text, "buffer").readUInt32LE(this.#offset);
    if (this.#keptHashes.size === mostKeptHashes) this.#keptHashes.clear();
    this.#keptHashes.set(text, hashed);
    return hashed;
  }

  #find(text: string, hashed: number): number | undefined {
    if (this.#size === 0) return undefined;
    const mask = this.#table.length - 1;
    for (let slot = hashed & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#table[slot] ?? 0) - 1;
      if (number === -1) return undefined;
      if (this.#hashes[number] === hashed && this.#texts.at(number) === text) return number;
    }
  }

  #place(number: number): void {
    const mask = this.#table.length - 1;
    let slot = (this.#hashes[number] ?? 0) & mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = number + 1;
  }

  #grow(): void {
    const capacity = Math.max(16, this.#size * 2);
    const [values, hashes] = [new Uint32Array(capacity), new Uint32Array(capacity)];
    values.set(this.#values);
    hashes.set(this.#hashes);
    [this.#values, this.#hashes, this.#table] = [values, hashes, new Uint32Array(capacity * 2)];
    for (let number = 0; number < this.#size; number += 1) this.#place(number);
  }
}
