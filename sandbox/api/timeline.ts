/** Items that come and go, and since when: what a server shows that lags behind. */
export class Timeline<T> {
  readonly #entries: Array<{ id: string; item: T; addedAtMs: number; removedAtMs: number }> = [];

  /** @param addedAtMs - in milliseconds since 1970; default now */
  add(id: string, item: T, addedAtMs = Date.now()): void {
    this.remove(id);
    this.#entries.push({ id, item, addedAtMs, removedAtMs: Infinity });
  }

  /** Removes the item that is there under an id, if there is one. */
  remove(id: string): void {
    const entry = this.#entries.find((present) => present.id === id && present.removedAtMs === Infinity);
    if (entry !== undefined) {
      entry.removedAtMs = Date.now();
    }
  }

  /** Gives what was there so many milliseconds ago, in the order in which it came. */
  before(agoMs: number): T[] {
    const atMs = Date.now() - agoMs;
    return this.#entries
      .filter(({ addedAtMs, removedAtMs }) => addedAtMs <= atMs && atMs < removedAtMs)
      .map(({ item }) => item);
  }

  /** Gives what was removed within the last so many milliseconds. */
  removedWithin(lastMs: number): T[] {
    const sinceMs = Date.now() - lastMs;
    return this.#entries
      .filter(({ removedAtMs }) => removedAtMs !== Infinity && removedAtMs > sinceMs)
      .map(({ item }) => item);
  }
}
