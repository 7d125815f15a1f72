import { TenantManagementError } from "./errors";

/** Waits; injected so that tests need no time. */
type Sleep = (delayMs: number) => Promise<void>;

/** The waits between the repetitions, in milliseconds: about 16 seconds in all. */
const waitsMs = [250, 500, 1_000, 2_000, 4_000, 8_000];
const patienceS = Math.round(waitsMs.reduce((sum, waitMs) => sum + waitMs, 0) / 1000);

/** The wait between two reads of one list, in milliseconds. */
const betweenLooksMs = 500;

/**
 * Repeats a request for some seconds while it is refused because not every server of the API sees this run's changes
 * yet: 404 in a new tenant, 409 for a tenant whose applications have just been deleted.
 *
 * @param request a request whose refusal changes nothing
 * @param isExpected whether a refusal is of that kind
 * @param why the cause, for the error: `this run has just created the tenant`
 * @throws {@link TenantManagementError} any other error at once; the last refusal, with `why`, when the time is over
 */
export async function whileSettling<T>(
  request: () => Promise<T>,
  isExpected: (refusal: TenantManagementError) => boolean | Promise<boolean>,
  why: string,
  sleep: Sleep,
): Promise<T> {
  for (let repetition = 0; ; repetition += 1) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof TenantManagementError) || error.code !== "REFUSED") throw error;
      if (!(await isExpected(error))) throw error;
      const waitMs = waitsMs[repetition];
      if (waitMs === undefined) throw settledTooLate(error, why);
      await sleep(waitMs);
    }
  }
}

function settledTooLate(refusal: TenantManagementError, why: string): TenantManagementError {
  return new TenantManagementError(
    refusal.code,
    `${refusal.message} The request was repeated for ${patienceS} s, because ${why}; not every server of the API may see that yet. ` +
      "Run the same command again in a minute.",
    { ...(refusal.status === undefined ? {} : { status: refusal.status }), cause: refusal },
  );
}

/**
 * Reads a list twice, a moment apart: one that lags, or that changes while it is read, may lack an item once.
 *
 * @param isEnough returns whether the first read is sufficient; default never
 * @returns Resolves with both reads.
 */
export async function lookTwice<T>(
  look: () => Promise<T>,
  sleep: Sleep,
  isEnough: (seen: T) => boolean = () => false,
): Promise<T[]> {
  const first = await look();
  if (isEnough(first)) return [first];
  await sleep(betweenLooksMs);
  return [first, await look()];
}

/**
 * Shares work between simultaneous callers. A call while it is running gets the next run, so that its result is never
 * older than the call.
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
