import type { EventEntry } from "./entry";
import type { RecordedType } from "./event";
import { settles } from "./history";
import { objectIdOf } from "./memory";

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

/** What a journal says of objects. A long one names many: of each, no more is kept than is told, in one text. */
export class ObjectsOnRecord {
  /** What is told of those that were made, and neither deleted nor handed over, by stack, type and id. */
  readonly #live = new Map<string, string>();
  /** The hashes of the events that say that an object was made, one a line. */
  readonly #creates = new Map<string, string>();

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
    this.#live.set(key, flat([stack, where, describe(event)]));
    const known = this.#creates.get(key);
    this.#creates.set(key, known === undefined ? hash : `${known}\n${hash}`);
  }

  /** Gives the hashes of the events that say that an object was made. */
  createsOf(type: RecordedType, objectId: string): readonly string[] {
    return this.#creates.get(keyOf(type, objectId))?.split("\n") ?? [];
  }

  /** Gives the objects of a stack that were made, and neither deleted nor handed over. */
  *of(wanted: string): Iterable<ObjectOnRecord> {
    for (const [key, text] of this.#live) {
      const [stack = "", where = "", description = ""] = JSON.parse(text) as string[];
      const [type, objectId] = JSON.parse(key) as [RecordedType, string];
      if (stack === wanted) yield { type, objectId, stack, where, description };
    }
  }
}

function keyOf(type: RecordedType, objectId: string): string {
  return flat([type, objectId]);
}

/** Makes one text of some: a template would keep hold of all its parts. */
function flat(parts: readonly string[]): string {
  return JSON.stringify(parts);
}
