import type { RotationConfiguration } from "../configuration/rotation";

/** When, and why, a generation gets a successor by the calendar. */
export interface DueDate {
  ms: number;
  /** The part of the configuration that says so: `every 90d`. */
  why: string;
}

/**
 * Gives the instant at which a generation gets a successor: the first of its age of `every` and the `rotateAt` that
 * follow the moment it was made, which is day 0 of both. An `up` that comes late therefore shifts what follows.
 */
export function dueDate({ every, rotateAt }: RotationConfiguration, madeAtMs: number): DueDate | undefined {
  const byAge = every === undefined ? [] : [{ ms: madeAtMs + every.ms, why: `every ${every.text}` }];
  const byDate = rotateAt
    .filter(({ ms }) => ms > madeAtMs)
    .map(({ ms, text }) => ({ ms, why: `rotateAt ${text}` }));
  return [...byDate, ...byAge].toSorted((a, b) => a.ms - b.ms)[0];
}
