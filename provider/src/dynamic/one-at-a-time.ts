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
