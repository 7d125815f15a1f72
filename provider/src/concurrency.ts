/**
 * Waits for some work, and no longer than it may take; the work goes on all the same.
 *
 * @returns Resolves with whether it has ended in time.
 * @throws what it throws, where it does so in time
 */
export async function endsWithin(work: Promise<void>, patienceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false);
  });
  try {
    return await Promise.race([work.then(() => true), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Makes work that is done once for all that ask. Where it fails, the next that asks has it done again: what failed may
 * have been a moment's trouble.
 *
 * @param work gets what the first that asks gives
 */
export function onceForAll<Given extends unknown[], T>(
  work: (...given: Given) => Promise<T>,
): (...given: Given) => Promise<T> {
  let done: Promise<T> | undefined;
  return (...given) => {
    done ??= work(...given).catch((error: unknown) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}

/** Runs the work of each key one after the other; that of different keys side by side. */
export type OneAtATime = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Makes what runs the work of one key after the other. */
export function oneAtATime(): OneAtATime {
  const tails = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const next = (tails.get(key) ?? Promise.resolve()).then(work, work);
    tails.set(
      key,
      next.catch(() => undefined),
    );
    return next;
  };
}

/**
 * Writes items in the order in which they come, a batch at a time: those that come while one is being written wait for
 * the next, and share it.
 *
 * @param write writes a batch, and resolves with an answer to each of its items; where it throws, it throws for them all
 * @param largest how many items a batch has at most
 * @returns what takes an item, and resolves once it is written
 */
export function inBatches<Item, Answer>(
  write: (items: readonly Item[]) => Promise<readonly Answer[]>,
  largest = Infinity,
): (item: Item) => Promise<Answer> {
  interface Waiting {
    item: Item;
    written: (answer: Answer) => void;
    failed: (error: unknown) => void;
  }
  const waiting: Waiting[] = [];
  let isWriting = false;
  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, largest);
      await write(batch.map(({ item }) => item)).then(
        (answers) => {
          for (const [index, { written }] of batch.entries()) written(answers[index] as Answer);
        },
        (error: unknown) => {
          for (const { failed } of batch) failed(error);
        },
      );
    }
    isWriting = false;
  };
  return (item) =>
    new Promise((written, failed) => {
      waiting.push({ item, written, failed });
      if (!isWriting) void writeAll();
    });
}
