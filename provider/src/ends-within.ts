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
