/** How much room is taken first; each room is twice as large as the one before it. */
const firstRoomBytes = 1 << 10;
/** How much room is taken at once at most. */
const largestRoomBytes = 1 << 18;

/**
 * Texts that are kept to the end and seldom asked for, outside the garbage collector's reach: what lives long among much
 * that does not makes it take several times the memory.
 */
export class Texts {
  readonly #rooms: Buffer[] = [];
  /** How much of the last room is taken. */
  #taken = 0;
  /** Where each text is: its room, its start and its length. */
  #places = new Uint32Array();
  #size = 0;

  /** Keeps a text, and gives its number. */
  add(text: string): number {
    const length = Buffer.byteLength(text);
    if (this.#taken + length > (this.#rooms.at(-1)?.length ?? 0)) {
      const roomBytes = Math.min(largestRoomBytes, firstRoomBytes * 2 ** this.#rooms.length);
      this.#rooms.push(Buffer.allocUnsafeSlow(Math.max(roomBytes, length)));
      this.#taken = 0;
    }
    const room = this.#rooms.length - 1;
    this.#rooms[room]?.write(text, this.#taken);
    if ((this.#size + 1) * 3 > this.#places.length) {
      const places = new Uint32Array(Math.max(48, this.#places.length * 2));
      places.set(this.#places);
      this.#places = places;
    }
    this.#places.set([room, this.#taken, length], this.#size * 3);
    this.#taken += length;
    this.#size += 1;
    return this.#size - 1;
  }

  /** Returns a text by its number. */
  at(number: number): string {
    const [room = 0, start = 0, length = 0] = this.#places.subarray(number * 3, number * 3 + 3);
    return this.#rooms[room]?.toString("utf8", start, start + length) ?? "";
  }
}
