import type { RecordedType } from "./event";
import { TextIndex } from "./text-index";

/**
 * What is known of the end of an object, as bits; the higher bits are the number of the first slot it was created for.
 */
const deleted = 1;
const perhapsDeleted = 2;
const placeUnit = 4;

/**
 * All objects in a journal: the slots for which each was created, and whether it was deleted. A long journal
 * contains many deleted ones, each of which may still be needed.
 */
export class MadeObjects {
  readonly #objects = new TextIndex();
  /** `stack` and `slot`. */
  readonly #places = new TextIndex();
  /** The further slots of objects that were created for several, for example after a move. */
  readonly #furtherPlaces = new Map<number, number[]>();

  /** Records for which slot an object was created. */
  addPlace(type: RecordedType, objectId: string, placeName: string): void {
    const object = this.#objects.add(keyOf(type, objectId));
    const place = this.#places.add(placeName);
    const places = this.#placesOf(object);
    if (places.includes(place)) return;
    if (places.length === 0) this.#set(object, (place + 1) * placeUnit);
    else this.#furtherPlaces.set(object, [...places.slice(1), place]);
  }

  /** Returns the slots for which an object was created. */
  placesOf(type: RecordedType, objectId: string): string[] {
    const object = this.#objects.find(keyOf(type, objectId));
    return object === undefined ? [] : this.#placesOf(object).map((place) => this.#places.at(place));
  }

  /** Returns the ids of all created objects of a type. */
  *idsOf(type: RecordedType): Iterable<string> {
    const beginning = keyOf(type, "");
    for (let object = 0; object < this.#objects.size; object += 1) {
      if (this.#placesOf(object).length === 0) continue;
      const key = this.#objects.at(object);
      if (key.startsWith(beginning)) yield key.slice(beginning.length);
    }
  }

  /** Records that an object was deleted, or may have been. */
  noteDeleted(type: RecordedType, objectId: string, isCertain: boolean): void {
    this.#set(
      this.#objects.add(keyOf(type, objectId)),
      isCertain ? deleted | perhapsDeleted : perhapsDeleted,
    );
  }

  isDeleted(type: RecordedType, objectId: string): boolean {
    return this.#has(type, objectId, deleted);
  }

  mayBeDeleted(type: RecordedType, objectId: string): boolean {
    return this.#has(type, objectId, perhapsDeleted);
  }

  #has(type: RecordedType, objectId: string, bit: number): boolean {
    const object = this.#objects.find(keyOf(type, objectId));
    return object !== undefined && (this.#objects.value(object) & bit) !== 0;
  }

  #set(object: number, bits: number): void {
    // The number of a slot may not fit in the 31 bits of `|`.
    const value = this.#objects.value(object);
    const flags = (value | bits) & (placeUnit - 1);
    const place = Math.max(Math.floor(value / placeUnit), Math.floor(bits / placeUnit));
    this.#objects.setValue(object, place * placeUnit + flags);
  }

  #placesOf(object: number): number[] {
    const place = Math.floor(this.#objects.value(object) / placeUnit);
    return place === 0 ? [] : [place - 1, ...(this.#furtherPlaces.get(object) ?? [])];
  }
}

function keyOf(type: RecordedType, objectId: string): string {
  return `${type}\n${objectId}`;
}
