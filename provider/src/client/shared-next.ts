/**
 * Shares work among all who ask for it at the same time. Whoever asks while it is under way gets the next one, which
 * begins after that: its result is never older than the question.
 */
export function sharedNext<T>(work: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    if (next !== undefined) return next;
    const own = last.then(() => {
      next = undefined;
      return work();
    });
    next = own;
    last = own.catch(() => undefined);
    return own;
  };
}
