import { strict as assert } from "node:assert";

import {
  cutOffCreates,
  historyOf,
  type JournalEvent,
  mayBeDeleted,
  recordedIds,
  releasedIds,
} from "../../../provider/src/journal";
import { intent, result, slot } from "./events";

describe("the history of a slot", () => {
  it("is clear if nothing is on record", () => {
    assert.deepEqual(historyOf([], slot), { kind: "clear" });
  });

  it("is open if a create has no result", () => {
    const create = intent("create");
    assert.deepEqual(historyOf([create], slot), {
      kind: "open",
      intent: create,
      earlier: [],
      lost: [create],
    });
  });

  it("is open if a create's result is unknown", () => {
    const create = intent("create");
    assert.deepEqual(historyOf([create, result(create, "unknown")], slot), {
      kind: "open",
      intent: create,
      earlier: [],
      lost: [create],
    });
  });

  it("begins with the first of the creates that repair each other, unless its object was deleted or handed over", () => {
    const [adopted, made, unknown, last] = Array.from({ length: 4 }, () => intent("create"));
    const [first, second, third, fourth] = [adopted!, made!, unknown!, last!];
    const repairs = [second, result(second, "made", "a-2"), third, result(third, "unknown"), fourth];
    const begin = (events: JournalEvent[], heldId?: string) => {
      const history = historyOf(events, { ...slot, heldId });
      return history.kind === "clear" ? history.kind : [...history.earlier, history.intent];
    };
    assert.deepEqual(begin([first, ...repairs]), [first, second, third, fourth]);
    assert.deepEqual(begin([first, result(first, "adopted", "a-1"), ...repairs]), [second, third, fourth]);
    assert.deepEqual(begin([first, result(first, "failed"), ...repairs]), [second, third, fourth]);
    assert.deepEqual(begin(repairs, "a-2"), [third, fourth]);
    const remove = intent("delete", { applicationId: "a-2" });
    assert.deepEqual(begin([...repairs, remove, result(remove, "gone", "a-2")]), [third, fourth]);
  });

  it("is clear if the stack contains the created object", () => {
    const create = intent("create");
    const events = [create, result(create, "made", "a-1")];
    assert.deepEqual(historyOf(events, { ...slot, heldId: "a-1" }), { kind: "clear" });
  });

  it("is clear if a create certainly failed", () => {
    const create = intent("create");
    assert.deepEqual(historyOf([create, result(create, "failed")], slot), { kind: "clear" });
  });

  it("names the object of the last of several creates", () => {
    const [first, second] = [intent("create"), intent("create")];
    const events = [first, second, result(first, "made", "a-1"), result(second, "recovered", "a-2")];
    assert.deepEqual(historyOf(events, slot), {
      kind: "made",
      intent: second,
      earlier: [first],
      objectId: "a-2",
    });
  });

  for (const outcome of ["deleted", "gone"] as const) {
    it(`is clear if the created object is ${outcome}`, () => {
      const [create, remove] = [intent("create"), intent("delete", { applicationId: "a-1" })];
      const events = [create, result(create, "made", "a-1"), remove, result(remove, outcome, "a-1")];
      assert.deepEqual(historyOf(events, slot), { kind: "clear" });
    });
  }

  it("still names an object whose delete failed", () => {
    const [create, remove] = [intent("create"), intent("delete", { applicationId: "a-1" })];
    const events = [create, result(create, "made", "a-1"), remove, result(remove, "failed", "a-1")];
    assert.equal(historyOf(events, slot).kind, "made");
  });

  it("is clear if the created object was handed over, and names it again once it is taken back", () => {
    const [create, release] = [intent("create"), intent("release", { applicationId: "a-1" })];
    const events = [create, result(create, "made", "a-1"), release];
    // The result may be what could not be recorded.
    assert.deepEqual(historyOf(events, slot), { kind: "clear" });
    events.push(result(release, "released", "a-1"));
    assert.deepEqual(historyOf(events, slot), { kind: "clear" });
    const takenBack = intent("create");
    events.push(takenBack, result(takenBack, "adopted", "a-1"));
    assert.deepEqual(historyOf(events, slot), {
      kind: "made",
      intent: takenBack,
      earlier: [],
      objectId: "a-1",
    });
  });

  for (const [what, change] of [
    ["another slot", { slot: "acme/eu-1/other" }],
    ["another stack", { stack: "organization/project/prod" }],
    ["another API", { apiUrl: "https://other.example/v0" }],
    ["another type", { type: "Tenant" as const }],
  ] as const) {
    it(`is not that of ${what}`, () => {
      assert.deepEqual(historyOf([intent("create", change)], slot), { kind: "clear" });
    });
  }
});

describe("the ids on record", () => {
  it("are those of all creates of a type, and of no delete", () => {
    const [first, second, remove] = [intent("create"), intent("create", { slot: "other" }), intent("delete")];
    const events = [
      first,
      result(first, "made", "a-1"),
      second,
      result(second, "recovered", "a-2"),
      result(remove, "deleted", "a-3"),
    ];
    assert.deepEqual(recordedIds(events, "TenantApplication"), new Set(["a-1", "a-2"]));
  });
});

describe("the ids that were handed over", () => {
  const release = intent("release", { applicationId: "a-1" });

  it("are those of one type and stack", () => {
    assert.deepEqual(releasedIds([release], slot), new Set(["a-1"]));
    assert.deepEqual(releasedIds([release], { ...slot, stack: "organization/project/prod" }), new Set());
    assert.deepEqual(releasedIds([release], { ...slot, type: "Tenant" }), new Set());
  });

  it("are not those of a release that failed, nor known as deleted", () => {
    assert.deepEqual(releasedIds([release, result(release, "failed", "a-1")], slot), new Set());
    assert.ok(!mayBeDeleted([release], slot.type, "a-1"));
  });
});

describe("an object that this project may have deleted", () => {
  const remove = intent("delete", { applicationId: "a-1" });

  it("is one whose delete has no result", () => {
    assert.ok(mayBeDeleted([remove], slot.type, "a-1"));
  });

  for (const outcome of ["deleted", "gone", "unknown"] as const) {
    it(`is one whose delete ended as ${outcome}`, () => {
      assert.ok(mayBeDeleted([remove, result(remove, outcome, "a-1")], slot.type, "a-1"));
    });
  }

  it("is not one whose delete failed, nor one that was only created", () => {
    const create = intent("create");
    const events = [create, result(create, "made", "a-2"), remove, result(remove, "failed", "a-1")];
    assert.ok(!mayBeDeleted(events, slot.type, "a-1"));
    assert.ok(!mayBeDeleted(events, slot.type, "a-2"));
  });
});

describe("interrupted creates", () => {
  const first = intent("create");

  it("are the last ones in their slots that have no result", () => {
    assert.deepEqual(cutOffCreates([first], slot.stack), [first]);
    assert.deepEqual(cutOffCreates([first], "another/stack/dev"), []);
  });

  it("are not those with any result, nor those settled since", () => {
    assert.deepEqual(cutOffCreates([first, result(first, "unknown")], slot.stack), []);
    const second = intent("create");
    assert.deepEqual(cutOffCreates([first, second, result(second, "made", "a-1")], slot.stack), []);
    assert.deepEqual(cutOffCreates([first, intent("delete", { applicationId: "a-1" })], slot.stack), []);
  });
});
