/**
 * Waits for some work, for a limited time; the work continues afterwards.
 *
 * @returns Resolves with whether it has ended in time.
 * @throws its error, if it fails in time
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
 * Creates a function that runs work once for all callers. If it fails, the next caller runs it again: the
 * failure may have been temporary.
 *
 * @param work gets the first caller's arguments
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

/** Runs the work of each key in sequence, and that of different keys in parallel. */
export type OneAtATime = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Creates a function that runs the work of one key in sequence. */
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
 * Writes items in the order of their arrival, in batches: those that arrive while one is being written share
 * the next.
 *
 * @param write writes a batch, and resolves with a result for each item; if it throws, it throws for all of
 * them
 * @param largest the most items in a batch
 * @returns a function that takes an item, and resolves once it is written
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
