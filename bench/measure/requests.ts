import type { RequestRecord } from "../../sandbox/api";

/** The requests of one piece of work. */
export interface RequestUse {
  /** The number of requests of each kind, including refused ones; kinds that were never sent are left out. */
  readonly byKind: Readonly<Record<string, number>>;
  /** How many were answered 429. */
  readonly refused: number;
  /** From the first request to the API to the last, in seconds; 0 where there were none. */
  readonly spanS: number;
}

/** Summarizes the requests. Those for tokens are counted separately: they have no limit. */
export function requestUse(log: readonly RequestRecord[]): RequestUse {
  const byKind: Record<string, number> = {};
  for (const operation of log.map((request) => request.operation).sort()) {
    byKind[operation] = (byKind[operation] ?? 0) + 1;
  }
  const limited = log.filter(({ operation }) => operation !== "token");
  const times = limited.map(({ at }) => Date.parse(at));
  const first = times.reduce((least, time) => Math.min(least, time), Infinity);
  const last = times.reduce((most, time) => Math.max(most, time), -Infinity);
  return {
    byKind,
    refused: limited.filter(({ status }) => status === 429).length,
    spanS: times.length === 0 ? 0 : (last - first) / 1000,
  };
}

/** Returns the number of requests under the limit: all except those for tokens. */
export function apiRequests({ byKind }: RequestUse): number {
  return Object.entries(byKind).reduce((sum, [kind, count]) => sum + (kind === "token" ? 0 : count), 0);
}
