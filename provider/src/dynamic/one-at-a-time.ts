const tails = new Map<string, Promise<unknown>>();

/** Runs the work of each key one after the other; that of different keys side by side. */
export function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const next = (tails.get(key) ?? Promise.resolve()).then(work, work);
  tails.set(
    key,
    next.catch(() => undefined),
  );
  return next;
}
