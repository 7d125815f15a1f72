import { strict as assert } from "node:assert";

import { type IntentEvent, type JournalEvent, Memory } from "../../../provider/src/journal";
import { intent, result, slot } from "./events";

const customer = { type: "Customer", slot: "acme" } as const;
const tenant = { type: "Tenant", slot: "acme" } as const;

function statusOf(events: readonly JournalEvent[]): string | undefined {
  const memory = new Memory();
  for (const event of events) memory.add(event);
  return memory.statusOf({ stack: slot.stack, customer: "acme" });
}

/** An intent and its result. */
function done(announced: IntentEvent, outcome: "changed" | "made" | "failed" = "changed"): JournalEvent[] {
  return [announced, result(announced, outcome)];
}

describe("the status of a customer on record", () => {
  it("is deprecated once that is completed, and active from the intent on", () => {
    assert.equal(statusOf([]), undefined);
    const deprecation = intent("deprecate", customer);
    assert.equal(statusOf([deprecation]), undefined);
    assert.equal(statusOf(done(deprecation)), "deprecated");
    assert.equal(statusOf([...done(deprecation), intent("activate", customer)]), "active");
  });

  it("is no longer that of an earlier customer of the name once a tenant is created again, from the intent on", () => {
    const deprecated = done(intent("deprecate", customer));
    assert.equal(statusOf([...deprecated, intent("create", tenant)]), undefined);
    assert.equal(statusOf([...deprecated, ...done(intent("create", tenant), "failed")]), undefined);
    const other = intent("create", { ...tenant, slot: "globex" });
    assert.equal(statusOf([...deprecated, other]), "deprecated");
    const again = done(intent("deprecate", customer));
    assert.equal(
      statusOf([...deprecated, ...done(intent("create", tenant), "made"), ...again]),
      "deprecated",
    );
  });

  it("is deprecated if that was announced before the tenant was created, in the same run", () => {
    const deprecation = intent("deprecate", customer);
    const made = done(intent("create", tenant), "made");
    assert.equal(statusOf([deprecation, ...made, result(deprecation, "changed")]), "deprecated");
  });
});
