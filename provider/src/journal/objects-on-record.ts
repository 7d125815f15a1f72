import type { EventEntry } from "./entry";
import type { RecordedType } from "./event";
import { settles } from "./history";
import { objectIdOf } from "./memory";
import { TextIndex } from "./text-index";
import { Texts } from "./texts";

/** An object that was created according to the record. */
export interface ObjectOnRecord {
  type: RecordedType;
  objectId: string;
  stack: string;
  /** The place of the result of its last create: `file:line`, or `s3://bucket/key:line`. */
  where: string;
  /** A description of that result, for messages. */
  description: string;
}

/** The objects in a journal. A long one contains many, so the data of each are stored as a text. */
export class ObjectsOnRecord {
  readonly #hashes = new Texts();
  /** The objects, by type and id; each value is the number of the hash of its last create, plus 1. */
  readonly #objects = new TextIndex();
  /** The hashes of the creates before the last, by the number of the object. */
  readonly #earlier = new Map<number, number[]>();
  /** The objects that were created, and neither deleted nor handed over, with the data of their last create. */
  readonly #live = new Map<string, string>();

  /**
   * Adds an event about an object.
   *
   * @param hash the event's hash; empty if it has none
   * @param describe describes an event for messages
   */
  take({ event, where }: EventEntry, hash: string, describe: (event: EventEntry["event"]) => string): void {
    const { type, stack, operation } = event;
    const objectId = objectIdOf(event);
    if (event.event !== "result" || objectId === undefined || !settles(event)) return;
    const key = keyOf(type, objectId);
    if (operation === "delete" || operation === "release") this.#live.delete(key);
    if (operation !== "create") return;
    // An object that was created again comes last.
    this.#live.delete(key);
    this.#live.set(key, JSON.stringify([stack, where, describe(event)]));
    const number = this.#hashes.add(hash);
    const object = this.#objects.add(key);
    const before = this.#objects.value(object) - 1;
    if (before !== -1) this.#earlier.set(object, [...(this.#earlier.get(object) ?? []), before]);
    this.#objects.setValue(object, number + 1);
  }

  /** Returns the hashes of the events that record a create. */
  createsOf(type: RecordedType, objectId: string): readonly string[] {
    const object = this.#objects.find(keyOf(type, objectId));
    if (object === undefined) return [];
    const numbers = [...(this.#earlier.get(object) ?? []), this.#objects.value(object) - 1];
    return numbers.map((number) => this.#hashes.at(number));
  }

  /** Returns the objects of a stack that were created, and neither deleted nor handed over. */
  *of(wanted: string): Iterable<ObjectOnRecord> {
    for (const [key, told] of this.#live) {
      const [stack, where, description] = JSON.parse(told) as [string, string, string];
      const [type, objectId] = JSON.parse(key) as [RecordedType, string];
      if (stack === wanted) yield { type, objectId, stack, where, description };
    }
  }
}

/** A template literal would keep references to its parts. */
function keyOf(type: RecordedType, objectId: string): string {
  return JSON.stringify([type, objectId]);
}
