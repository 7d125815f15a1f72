import { setTimeout as sleep } from "node:timers/promises";

/** The outcome of one try: a result, or the reason why it must be tried again later. */
export type Try<Result> = { result: Result } | { busy: string };

/** How long a busy item waits for its next try, in milliseconds. */
const pauseMs = { first: 500, longest: 5_000 };

/** How a queue is worked through. */
export interface LineOptions<Item, Result> {
  /** How many items at once. */
  jobs: number;
  /** How long an item may stay busy for the same reason, in milliseconds. */
  patienceMs: number;
  work: (item: Item) => Promise<Try<Result>>;
  /** Returns the result of an item that stayed busy too long. */
  onBusy: (item: Item, busy: string) => Result;
  /** Returns the result of an item that was not started because the run is ending. */
  onEnd: (item: Item) => Result;
  signal?: AbortSignal | undefined;
}

interface Waiting<Item> {
  item: Item;
  notBeforeMs: number;
  pauseMs: number;
  busy?: { text: string; sinceMs: number };
}

/**
 * Works through a queue of items, several at once. An item that another process works on goes to the end of
 * the queue, and is tried again until it is free or has been busy for the same reason too long.
 *
 * @returns Resolves with the results, in the order of the items.
 */
export async function workThrough<Item, Result>(
  items: readonly Item[],
  { jobs, patienceMs, work, onBusy, onEnd, signal }: LineOptions<Item, Result>,
): Promise<Result[]> {
  const results = new Map<Item, Result>();
  const line: Array<Waiting<Item>> = items.map((item) => ({ item, notBeforeMs: 0, pauseMs: pauseMs.first }));
  const next = async (): Promise<Waiting<Item> | undefined> => {
    for (;;) {
      if (line.length === 0) return undefined;
      const free = line.findIndex(({ notBeforeMs }) => notBeforeMs <= Date.now());
      if (free !== -1) return line.splice(free, 1)[0];
      const soonest = Math.min(...line.map(({ notBeforeMs }) => notBeforeMs));
      await sleep(Math.max(1, soonest - Date.now()), undefined, { signal }).catch(() => undefined);
      if (signal?.aborted === true) return line.shift();
    }
  };
  const worker = async (): Promise<void> => {
    for (let waiting = await next(); waiting !== undefined; waiting = await next()) {
      const { item, busy } = waiting;
      if (signal?.aborted === true) {
        results.set(item, onEnd(item));
        continue;
      }
      const tried = await work(item);
      if ("result" in tried) {
        results.set(item, tried.result);
        continue;
      }
      const since = busy?.text === tried.busy ? busy.sinceMs : Date.now();
      if (Date.now() - since >= patienceMs) {
        results.set(item, onBusy(item, tried.busy));
        continue;
      }
      line.push({
        item,
        notBeforeMs: Date.now() + waiting.pauseMs,
        pauseMs: Math.min(pauseMs.longest, waiting.pauseMs * 2),
        busy: { text: tried.busy, sinceMs: since },
      });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker));
  return items.map((item) => results.get(item) ?? onEnd(item));
}
