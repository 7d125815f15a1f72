import type { Random } from "../fuzz/random";

/** Lets a few at a time do something; who is next of those that wait, is drawn. */
export class Places {
  #free: number;
  readonly #waiting: Array<() => void> = [];

  constructor(
    private readonly count: number,
    private readonly random: Random,
  ) {
    this.#free = count;
  }

  async within(work: () => Promise<void>): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      await work();
    } finally {
      this.#release();
    }
  }

  #release(): void {
    // With one place, they come in the order in which they asked.
    const place = this.count === 1 ? 0 : this.random.int(0, Math.max(0, this.#waiting.length - 1));
    const [next] = this.#waiting.splice(place, 1);
    if (next === undefined) this.#free += 1;
    else next();
  }
}
