/** The works that are measured, in their order. */
export const works = ["create", "unchanged", "refresh", "added", "destroy"] as const;
export type Work = (typeof works)[number];

/** The names of the works in the results. */
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
  /** The least time of each answer of the API, in milliseconds. */
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

/** Identifies a case. */
export function caseKey({ customers, latencyMs, isLimited }: BenchCase): string {
  return `${customers}-${latencyMs}-${isLimited ? "limited" : "unlimited"}`;
}

/** Returns the shortest time, in seconds, in which the limit allows a number of requests. */
export function allowedSeconds(requests: number): number {
  return Math.max(0, requests - publishedLimit.burst) / publishedLimit.perSecond;
}
