/** What is measured of each peer, in the order in which it is done. */
export const works = ["create", "unchanged", "refresh", "added", "destroy"] as const;
export type Work = (typeof works)[number];

/** What each kind of work is called in the results. */
export const workTitles: Readonly<Record<Work, string>> = {
  create: "create",
  unchanged: "unchanged run",
  refresh: "refresh",
  added: "one customer added",
  destroy: "destroy",
};

/** The vendor's published rate limit of its other API. */
export const publishedLimit = { perSecond: 10, burst: 15 };

/** One setting under which all peers are measured, side by side. */
export interface BenchCase {
  /** How many customers are created; each is a tenant with one application. */
  readonly customers: number;
  /** How long each answer of the API takes at least, in milliseconds. */
  readonly latencyMs: number;
  /** Whether the API has the {@link publishedLimit}. */
  readonly isLimited: boolean;
}

/** Names a case for a reader. */
export function caseTitle({ customers, latencyMs, isLimited }: BenchCase): string {
  const latency = latencyMs === 0 ? "no latency" : `${latencyMs} ms latency`;
  const limit = isLimited
    ? `${publishedLimit.perSecond} requests/s with a burst of ${publishedLimit.burst}`
    : "no limit";
  return `${customers.toLocaleString("en")} customers, ${latency}, ${limit}`;
}

/** Tells cases apart. */
export function caseKey({ customers, latencyMs, isLimited }: BenchCase): string {
  return `${customers}-${latencyMs}-${isLimited ? "limited" : "unlimited"}`;
}

/** Gives the shortest time, in seconds, in which the limit lets so many requests through. */
export function allowedSeconds(requests: number): number {
  return Math.max(0, requests - publishedLimit.burst) / publishedLimit.perSecond;
}
