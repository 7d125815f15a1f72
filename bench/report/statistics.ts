/** Returns the median: of an even number of values, the mean of the middle two; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A number of one round. */
export interface InRound {
  readonly round: number;
  readonly value: number;
}

/**
 * Returns the median of the ratios of two peers' numbers of the same round, which cancels what slows down a whole
 * round; NaN if they have no round in common.
 */
export function medianRatio(numbers: readonly InRound[], floor: readonly InRound[]): number {
  const byRound = new Map(floor.map(({ round, value }) => [round, value]));
  return median(
    numbers.flatMap(({ round, value }) => {
      const under = byRound.get(round);
      return under === undefined ? [] : [value / under];
    }),
  );
}
