/** Gives the median; the mean of the two in the middle where their number is even, and NaN of none. */
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
 * Gives the median of the ratios of two peers' numbers of the same round, which cancels what slows a whole round down;
 * NaN where they have no round in common.
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
