import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { JumpableRandomGenerator } from "pure-rand/types/JumpableRandomGenerator";

/** Draws from a seeded generator: the same seed and index draw the same. */
export class Random {
  readonly #generator: JumpableRandomGenerator;

  /**
   * @param seed any 32-bit integer
   * @param index which of the seed's independent sequences is drawn from, from 0
   */
  constructor(seed: number, index: number) {
    this.#generator = sequenceOf(seed, index);
  }

  /** Gives a whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** Gives true with a probability in per cent. */
  chance(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  /** Gives one of the items, of which there must be one. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new RangeError("there is nothing to pick from");
    return item;
  }

  /** Gives a UUID of version 4 (RFC 9562, section 5.4). */
  uuid(): string {
    const digits = Array.from({ length: 8 }, () => this.int(0, 0xffff).toString(16).padStart(4, "0")).join(
      "",
    );
    return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
  }
}

/** Where the last sequence began: the next one is a jump away, and the hundred thousandth a hundred thousand. */
let last = { seed: NaN, index: 0, start: xoroshiro128plus(0) };

function sequenceOf(seed: number, index: number): JumpableRandomGenerator {
  // Nobody jumps to a seed's first one: what draws from it leaves the other seed's place alone.
  if (index === 0) return xoroshiro128plus(seed);
  if (last.seed !== seed || last.index > index) last = { seed, index: 0, start: xoroshiro128plus(seed) };
  for (; last.index < index; last.index += 1) last.start.jump();
  return last.start.clone();
}
