import type { EventEntry } from "./entry";
import type { RecordedType } from "./event";
import { settles } from "./history";
import { objectIdOf } from "./memory";
import { Texts } from "./texts";

/** An object that the record says was made. */
export interface ObjectOnRecord {
  type: RecordedType;
  objectId: string;
  stack: string;
  /** Where the result of the last create is that says so: `file:line`, or `s3://bucket/key:line`. */
  where: string;
  /** That result, as people know it. */
  description: string;
}

/** What a journal says of objects. A long one names many: what is told of each is kept as a text. */
export class ObjectsOnRecord {
  readonly #told = new Texts();
  /** What is told of the creates of each object, by its type and id: numbers of texts, the last one last. */
  readonly #creates = new Map<string, number | number[]>();
  /** The objects that were made, and neither deleted nor handed over. */
  readonly #live = new Set<string>();

  /**
   * Takes an event as what it says of an object.
   *
   * @param hash its own; empty where it has none
   * @param describe names an event as people know it
   */
  take({ event, where }: EventEntry, hash: string, describe: (event: EventEntry["event"]) => string): void {
    const { type, stack, operation } = event;
    const objectId = objectIdOf(event);
    if (event.event !== "result" || objectId === undefined || !settles(event)) return;
    const key = keyOf(type, objectId);
    if (operation === "delete" || operation === "release") this.#live.delete(key);
    if (operation !== "create") return;
    // What was made again comes last.
    this.#live.delete(key);
    this.#live.add(key);
    const told = this.#told.add(JSON.stringify([hash, stack, where, describe(event)]));
    const before = this.#creates.get(key);
    this.#creates.set(key, before === undefined ? told : [before, told].flat());
  }

  /** Gives the hashes of the events that say that an object was made. */
  createsOf(type: RecordedType, objectId: string): readonly string[] {
    return [this.#creates.get(keyOf(type, objectId)) ?? []].flat().map((told) => this.#read(told)[0]);
  }

  /** Gives the objects of a stack that were made, and neither deleted nor handed over. */
  *of(wanted: string): Iterable<ObjectOnRecord> {
    for (const key of this.#live) {
      const last = [this.#creates.get(key) ?? []].flat().at(-1);
      if (last === undefined) continue;
      const [, stack, where, description] = this.#read(last);
      const [type, objectId] = JSON.parse(key) as [RecordedType, string];
      if (stack === wanted) yield { type, objectId, stack, where, description };
    }
  }

  #read(told: number): [hash: string, stack: string, where: string, description: string] {
    return JSON.parse(this.#told.at(told)) as [string, string, string, string];
  }
}

/** A template would keep hold of its parts. */
function keyOf(type: RecordedType, objectId: string): string {
  return JSON.stringify([type, objectId]);
}
