import type { RequestRecord } from "../../sandbox/api";

/** What one piece of work asked of the API. */
export interface RequestUse {
  /** How many requests of each kind arrived, those that were refused among them; kinds never sent are left out. */
  readonly byKind: Readonly<Record<string, number>>;
  /** How many were answered 429. */
  readonly refused: number;
  /** From the first request to the API to the last, in seconds; 0 where there were none. */
  readonly spanS: number;
}

/** Sums up what arrived. Tokens are counted as a kind of their own: they are under no limit. */
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

/** Gives how many requests came under the limit: all but those for tokens. */
export function apiRequests({ byKind }: RequestUse): number {
  return Object.entries(byKind).reduce((sum, [kind, count]) => sum + (kind === "token" ? 0 : count), 0);
}
