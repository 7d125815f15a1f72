import type { ServiceContext } from "../context";

/** How often the chain is checked while someone listens, in milliseconds. */
const everyMs = 300;

/** Notifies listeners that the chain of events has grown, with one query for all of them. */
export class EventFeed {
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #last: string | undefined;
  /** Changes whenever the chain has grown: read it before the events, and pass it to {@link grown}. */
  version = 0;

  constructor(private readonly context: Pick<ServiceContext, "database">) {}

  /** Resolves when the chain has grown since a version, or the signal is aborted. */
  async grown(version: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || version !== this.version) return;
    await new Promise<void>((resolve) => {
      const listener = (): void => {
        this.#listeners.delete(listener);
        signal.removeEventListener("abort", listener);
        resolve();
      };
      this.#listeners.add(listener);
      signal.addEventListener("abort", listener);
      this.#look();
    });
  }

  #look(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#tell().finally(() => {
        if (this.#listeners.size > 0) this.#look();
      });
    }, everyMs);
    this.#timer.unref();
  }

  async #tell(): Promise<void> {
    try {
      const row = await this.context.database
        .selectFrom("events")
        .select(({ fn }) => fn.max("sequence").as("last"))
        .executeTakeFirst();
      const last = row?.last ?? "";
      if (last === this.#last) return;
      this.#last = last;
      this.version += 1;
      for (const listener of [...this.#listeners]) listener();
    } catch {
      // The next check may succeed; readiness reports the problem.
    }
  }
}
