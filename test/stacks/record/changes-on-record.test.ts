import { strict as assert } from "node:assert";

import type { JournalEvent, Outcome } from "../../../provider/src/journal";
import { changesOnRecord, withChangesOnRecord } from "../../../stacks/src/record/changes-on-record";

const stack = "organization/project/prod";
const place = { customer: "acme", tenantId: "t-1" };
const common = {
  v: 2,
  at: "2030-01-01T00:00:00.000Z",
  actor: "someone",
  stack,
  stage: "production",
  apiUrl: "https://api.example/v0",
  type: "Customer",
  operation: "change",
  slot: "acme",
} as const;

/** A change of the owner, and how it ended. */
function change(
  id: string,
  before: string | null,
  after: string | null,
  outcome: Outcome | "open" = "changed",
  tenantId = "t-1",
): JournalEvent[] {
  const parameters = { before: { owner: before }, after: { owner: after } };
  return [
    { ...common, id, tenantId, event: "intent", parameters },
    ...(outcome === "open"
      ? []
      : [
          {
            ...common,
            id: `${id}-end`,
            tenantId,
            event: "result",
            intent: id,
            outcome,
            durationMs: 1,
          } as const,
        ]),
  ];
}

describe("what is on record as changed of a customer", () => {
  const cases: Array<[what: string, events: JournalEvent[], owner: string | undefined]> = [
    ["is nothing without events", [], "a"],
    ["counts where it follows what the state has", change("1", "a", "b"), "b"],
    ["counts through several changes", [...change("1", "a", "b"), ...change("2", "b", null)], undefined],
    ["does not count where the state has it already", [...change("1", "x", "a")], "a"],
    ["does not count where it did not end", change("1", "a", "b", "open"), "a"],
    ["does not count where it failed", change("1", "a", "b", "failed"), "a"],
    ["does not count where nobody knows how it ended", change("1", "a", "b", "unknown"), "a"],
    ["does not count where it was another tenant's", change("1", "a", "b", "changed", "t-0"), "a"],
  ];
  for (const [what, events, owner] of cases) {
    it(what, () => {
      const declared = withChangesOnRecord(
        { status: "active", owner: "a" },
        changesOnRecord(events, stack),
        place,
      );
      assert.deepEqual(declared, { status: "active", ...(owner === undefined ? {} : { owner }) });
    });
  }
});
