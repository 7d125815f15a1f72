/** Items with the times of their addition and removal: the contents of a server that lags behind. */
export class Timeline<T> {
  readonly #entries: Array<{ id: string; item: T; addedAtMs: number; removedAtMs: number }> = [];

  /** @param addedAtMs - in milliseconds since 1970; default now */
  add(id: string, item: T, addedAtMs = Date.now()): void {
    this.remove(id);
    this.#entries.push({ id, item, addedAtMs, removedAtMs: Infinity });
  }

  /** Removes the item with an id, if there is one. */
  remove(id: string): void {
    const entry = this.#entries.find((present) => present.id === id && present.removedAtMs === Infinity);
    if (entry !== undefined) {
      entry.removedAtMs = Date.now();
    }
  }

  /** Returns the items that existed so many milliseconds ago, in the order of their addition. */
  before(agoMs: number): T[] {
    const atMs = Date.now() - agoMs;
    return this.#entries
      .filter(({ addedAtMs, removedAtMs }) => addedAtMs <= atMs && atMs < removedAtMs)
      .map(({ item }) => item);
  }

  /** Returns the items that were removed within the last so many milliseconds. */
  removedWithin(lastMs: number): T[] {
    const sinceMs = Date.now() - lastMs;
    return this.#entries
      .filter(({ removedAtMs }) => removedAtMs !== Infinity && removedAtMs > sinceMs)
      .map(({ item }) => item);
  }
}
