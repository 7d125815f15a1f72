import type { IntentEvent, RecordedOperation } from "./event";

/** The size of the first buffer, in bytes; each further one is twice as large. */
const firstRoomBytes = 1 << 10;
/** The largest buffer, in bytes. */
const largestRoomBytes = 1 << 18;

/**
 * Stores texts that live long and are rarely read, outside the garbage collector's reach: long-lived strings among many
 * short-lived ones would take several times the memory.
 */
export class Texts {
  readonly #rooms: Buffer[] = [];
  /** How much of the last buffer is used. */
  #taken = 0;
  /** The position of each text: its buffer, start and length. */
  #places = new Uint32Array();
  #size = 0;

  /** Stores a text and returns its number. */
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

/**
 * An intent that is stored as its text and seldom read: as an object it would take several times the memory,
 * and a long journal has as many at a time as its stack has objects.
 */
export class KeptIntent {
  readonly id: string;
  readonly operation: RecordedOperation;
  readonly tenantId: string | undefined;
  readonly #text: Buffer;

  constructor(intent: IntentEvent) {
    this.id = intent.id;
    this.operation = intent.operation;
    this.tenantId = intent.tenantId;
    this.#text = Buffer.from(JSON.stringify(intent));
  }

  /** Returns the intent as the journal has it. */
  read(): IntentEvent {
    return JSON.parse(this.#text.toString()) as IntentEvent;
  }
}
