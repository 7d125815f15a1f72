import type { JournalEvent } from "../../provider/src/journal";

/** What `reconcile` says of what the journal, the state and the API do not agree on. */
export interface NamedFinding {
  slot?: string | undefined;
  applicationId?: string | undefined;
  candidates?: ReadonlyArray<{ applicationId: string }> | undefined;
  /** What to do: commands, and what to delete at the vendor. */
  next: readonly string[];
  /** What `reconcile --fix` would do. */
  fix?: { action: string; applicationId?: string | undefined } | undefined;
}

/**
 * Finds the applications that a person deletes because `reconcile` says so: the answer to a replacement was lost, the
 * change was undone, and so no `up` looks for what it made (`docs/reliability.md`, known limits). Anything else that is
 * at the vendor and in no state is a finding: if an `up` has looked for it, another create is on record in its slot.
 *
 * @param unheld the ids of the applications that no state holds
 * @param events the journal, oldest first
 */
export function revertedReplacements(
  unheld: readonly string[],
  events: readonly JournalEvent[],
  findings: readonly NamedFinding[],
): string[] {
  const slots = slotsWithOpenCreate(events);
  return unheld.filter((id) =>
    findings.some(
      ({ slot, applicationId, candidates = [], next, fix }) =>
        slot !== undefined &&
        slots.has(slot) &&
        [applicationId, ...candidates.map((candidate) => candidate.applicationId)].includes(id) &&
        (fix?.applicationId === id || next.some((what) => what.includes(id))),
    ),
  );
}

/** Lists the slots whose last create is one of which nobody knows how it ended, after one that made something. */
function slotsWithOpenCreate(events: readonly JournalEvent[]): Set<string> {
  const last = new Map<string, { intent: string; isOpen: boolean }>();
  const made = new Set<string>();
  for (const event of events) {
    if (event.type !== "TenantApplication" || event.operation !== "create") continue;
    if (event.event === "intent") last.set(event.slot, { intent: event.id, isOpen: true });
    else if (event.outcome === "made" || event.outcome === "recovered") made.add(event.slot);
    if (event.event === "result" && last.get(event.slot)?.intent === event.intent)
      last.set(event.slot, { intent: event.intent, isOpen: event.outcome === "unknown" });
  }
  return new Set([...last].flatMap(([slot, { isOpen }]) => (isOpen && made.has(slot) ? [slot] : [])));
}
