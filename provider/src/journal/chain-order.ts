import { advance, genesis } from "./chain";
import type { Entry } from "./entry";

/**
 * Brings the lines of a journal, which come in the order of their times, into that of their chain: the clocks of two
 * runners may differ. What is chained to nothing that is there keeps its place in time, and so do the branches of a
 * fork.
 */
export function inChainOrder(entries: readonly Entry[]): Entry[] {
  const isChained = (entry: Entry): boolean => entry.kind === "event" && entry.event.previous !== undefined;
  const later = entries.filter(isChained);
  const hashes = new Set(later.map(hashIn));
  const followers = new Map<string, Entry[]>();
  const ready: Entry[] = [];
  for (const entry of later) {
    const previous = previousOf(entry);
    if (hashes.has(previous)) followers.set(previous, [...(followers.get(previous) ?? []), entry]);
    else ready.push(entry);
  }
  const place = new Map(entries.map((entry, index) => [entry, index]));
  const placeOf = (entry: Entry): number => place.get(entry) ?? 0;
  const ordered: Entry[] = [];
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    ordered.push(next);
    const freed = followers.get(hashIn(next)) ?? [];
    followers.delete(hashIn(next));
    ready.push(...freed);
    ready.sort((a, b) => placeOf(a) - placeOf(b));
  }
  return [...entries.filter((entry) => !isChained(entry)), ...ordered];
}

function hashIn(entry: Entry): string {
  return entry.kind === "event" ? advance(genesis, entry).hash : "";
}

function previousOf(entry: Entry): string {
  return entry.kind === "event" ? (entry.event.previous ?? "") : "";
}
