import { advance, genesis, type Head } from "./chain";
import type { Entry, EventEntry } from "./entry";
import { SeenHashes } from "./seen-hashes";

/**
 * Sorts the lines of a journal, which arrive by time, in the order of their chain: the clocks of two runners may
 * differ. A line waits for its predecessor until the end at most. Lines without a predecessor in the journal stay in
 * the order of time.
 */
export class ChainOrder {
  readonly #known = new SeenHashes();
  /** The waiting events, by the hash of their predecessor. */
  readonly #waiting = new Map<string, EventEntry[]>();
  /** The ends, by stack, of the events that an early version wrote without a hash. */
  readonly #unchained = new Map<string, Head>();

  /** Takes the next lines, and returns those whose predecessors are known. */
  push(entries: readonly Entry[]): Entry[] {
    return entries.flatMap((entry): Entry[] => {
      if (entry.kind !== "event") return [entry];
      const { previous, stack } = entry.event;
      if (previous === undefined) {
        const head = advance(this.#unchained.get(stack) ?? genesis, entry);
        this.#unchained.set(stack, head);
        this.#known.add(head.hash);
        return [entry, ...this.#released([head.hash])];
      }
      if (previous === genesis.hash || this.#known.has(previous)) return this.#withFollowers(entry);
      this.#wait(previous, entry);
      return [];
    });
  }

  /** Returns the lines that still wait after the last one. */
  flush(): Entry[] {
    const left = [...this.#waiting.values()].flat();
    const hashes = new Set(left.map(hashOf));
    const roots = [...this.#waiting].filter(([previous]) => !hashes.has(previous));
    return roots.flatMap(([previous]) => this.#released([previous]));
  }

  #wait(previous: string, entry: EventEntry): void {
    const others = this.#waiting.get(previous);
    if (others === undefined) this.#waiting.set(previous, [entry]);
    else others.push(entry);
  }

  #withFollowers(entry: EventEntry): EventEntry[] {
    const hash = hashOf(entry);
    this.#known.add(hash);
    return this.#waiting.size === 0 ? [entry] : [entry, ...this.#released([hash])];
  }

  #released(hashes: string[]): EventEntry[] {
    const released: EventEntry[] = [];
    for (let hash = hashes.pop(); hash !== undefined; hash = hashes.pop()) {
      const followers = this.#waiting.get(hash) ?? [];
      this.#waiting.delete(hash);
      for (const follower of followers) {
        released.push(follower);
        this.#known.add(hashOf(follower));
      }
      hashes.push(...followers.map(hashOf).toReversed());
    }
    return released;
  }
}

function hashOf(entry: EventEntry): string {
  return advance(genesis, entry).hash;
}
