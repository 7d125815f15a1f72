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
