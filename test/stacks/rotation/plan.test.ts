import { strict as assert } from "node:assert";

import type { RotationConfiguration } from "../../../stacks/src/configuration/rotation";
import { rotationSchema } from "../../../stacks/src/configuration/rotation";
import { describePlan } from "../../../stacks/src/rotation/describe";
import type { HeldGeneration } from "../../../stacks/src/rotation/held-generations";
import { planSlot } from "../../../stacks/src/rotation/plan";
import type { Specification } from "../../../stacks/src/rotation/specification";
import { mentions } from "../../support/mentions";

const both: Specification = {
  scopes: ["documents.submissions.read", "documents.submissions.write"],
  authMethod: "CLIENT_SECRET",
};
const readOnly: Specification = { ...both, scopes: ["documents.submissions.read"] };

function day(days: number): number {
  return Date.UTC(2026, 0, 1) + days * 86_400_000;
}

function rotating(given: Record<string, unknown> = { every: "90d", overlap: "7d" }): RotationConfiguration {
  const rotation = rotationSchema.parse(given);
  assert.ok(rotation !== "none");
  return rotation;
}

/** A generation that was made on a day, and stored at once unless said otherwise. */
function made(generation: number, onDay: number, storedOnDay: number | "not" = onDay): HeldGeneration {
  return {
    generation,
    application: {
      applicationId: `application-${generation}`,
      clientId: `client-${generation}`,
      createdAtMs: day(onDay),
      specification: both,
    },
    hasSigningKey: false,
    isStored: storedOnDay !== "not",
    ...(generation === 1 || storedOnDay === "not"
      ? {}
      : { stored: { storedAt: new Date(day(storedOnDay)).toISOString(), versionId: `v-${generation}` } }),
  };
}

/** Plans, and gives the current generation's number, those that stay and those that go. */
function plan(
  held: readonly HeldGeneration[],
  nowDay: number,
  given?: Record<string, unknown>,
  specification = both,
) {
  const planned = planSlot({ specification, rotation: rotating(given) }, held, day(nowDay));
  return {
    ...planned,
    numbers: [
      planned.current.generation,
      planned.retiring.map(({ generation }) => generation),
      planned.retired.map(({ generation }) => generation),
    ],
  };
}

describe("the plan of a slot's generations", () => {
  it("begins with generation 1 in any configuration", () => {
    assert.deepEqual(plan([], 0).numbers, [1, [], []]);
    assert.deepEqual(planSlot({ specification: both }, [], day(0)).current.generation, 1);
  });

  it("counts `every` from the creation of the application", () => {
    assert.deepEqual(plan([made(1, 3)], 92.99).numbers, [1, [], []]);
    const due = plan([made(1, 3)], 93);
    assert.deepEqual(due.numbers, [2, [1], []]);
    assert.equal(due.reason, "every 90d");
  });

  it("creates one generation even if it is late, and shifts what follows", () => {
    assert.deepEqual(plan([made(1, 0)], 1000).numbers, [2, [1], []]);
    assert.equal(plan([made(1, 0), made(2, 1000)], 1001).due?.ms, day(1090));
  });

  it("rotates at a given date once, and never for one that came before the generation", () => {
    const given = { rotateAt: ["2026-03-01", "2026-02-01"], overlap: "7d" };
    assert.deepEqual(plan([made(1, 0)], 30.9, given).numbers, [1, [], []]);
    const due = plan([made(1, 0)], 31, given);
    assert.deepEqual([due.numbers, due.reason], [[2, [1], []], "rotateAt 2026-02-01"]);
    assert.deepEqual(plan([made(2, 31)], 32, given).due?.ms, day(59));
    assert.deepEqual(plan([made(2, 60)], 500, given).numbers, [2, [], []]);
  });

  it("uses the earlier one of a date and the age", () => {
    const given = { every: "10d", overlap: "1d", rotateAt: ["2026-01-06"] };
    assert.equal(plan([made(1, 0)], 5, given).reason, "rotateAt 2026-01-06");
    assert.equal(plan([made(1, 5)], 15, given).reason, "every 10d");
  });

  it("runs the overlap from when the successor was stored", () => {
    const held = [made(1, 0), made(2, 90, 95)];
    assert.deepEqual(plan(held, 101.99).numbers, [2, [1], []]);
    assert.deepEqual(plan(held, 102).numbers, [2, [], [1]]);
  });

  it("deletes nothing because of a successor that is only created now", () => {
    assert.deepEqual(plan([made(1, 0)], 1000, { every: "90d", overlap: "1m" }).numbers, [2, [1], []]);
    assert.deepEqual(plan([made(1, 0), made(2, 90)], 1000).numbers, [3, [2], [1]]);
  });

  it("deletes nothing while the time when the successor was stored is not on record", () => {
    const { stored, ...unrecorded } = made(2, 90);
    assert.ok(stored !== undefined);
    assert.deepEqual(plan([made(1, 0), unrecorded], 170).numbers, [2, [1], []]);
  });

  it("completes a generation that is not stored, and creates no further one", () => {
    const late = plan([made(1, 0), made(2, 90, "not")], 1000);
    assert.deepEqual([late.numbers, late.reason], [[2, [1], []], undefined]);
    const { application, ...keyOnly } = made(2, 90, "not");
    assert.ok(application !== undefined);
    assert.deepEqual(plan([made(1, 0), keyOnly], 1000).numbers, [2, [1], []]);
  });

  it("reports what one more up has to do, if this one first completes an earlier run", () => {
    assert.deepEqual(plan([made(1, 0), made(2, 90, "not")], 91).next, undefined);
    const due = plan([made(1, 0), made(2, 90), made(3, 100, "not")], 1000);
    assert.deepEqual([due.numbers, due.next], [[3, [1, 2], []], { reason: "every 90d", retired: [1] }]);
    const [completed, then, ...others] = describePlan("acme/eu-1/default", due);
    mentions(completed, "acme/eu-1/default", "generation 3");
    mentions(then, "acme/eu-1/default", "`pulumi up`", "generation 4", "every 90d", "generation 1");
    assert.deepEqual(others, []);
    const immediate = { overlap: "7d", changes: "immediately" };
    const changed = plan([made(1, 0, "not")], 1, immediate, readOnly);
    assert.deepEqual([changed.numbers, changed.deferred], [[1, [], []], ["scopes"]]);
    const [unfinished, next, ...more] = describePlan("acme/eu-1/default", changed);
    mentions(unfinished, "acme/eu-1/default", "generation 1");
    mentions(next, "acme/eu-1/default", "`pulumi up`", "generation 2", "scopes");
    assert.deepEqual(more, []);
  });

  it("keeps the previous one while the current one's application is missing", () => {
    const { application, ...gone } = made(2, 90);
    assert.ok(application !== undefined);
    assert.deepEqual(plan([made(1, 0), gone], 150).numbers, [2, [1], []]);
  });

  it("deletes all others at once without an overlap, also unrecorded ones", () => {
    assert.deepEqual(plan([made(1, 0)], 90, { every: "90d", overlap: 0 }).numbers, [2, [], [1]]);
    assert.deepEqual(plan([made(1, 0), made(2, 90, "not")], 90, { every: "90d", overlap: "0" }).numbers, [
      2,
      [],
      [1],
    ]);
  });

  it("does not declare a deleted generation again", () => {
    const { application, ...gone } = made(1, 0);
    assert.ok(application !== undefined);
    assert.deepEqual(plan([gone, made(2, 90)], 91).numbers, [2, [], []]);
  });

  it("keeps the running generation as it was created, and names what waits for the next", () => {
    const { numbers, current, deferred } = plan([made(1, 0)], 10, undefined, readOnly);
    assert.deepEqual([numbers, current.specification, deferred], [[1, [], []], both, ["scopes"]]);
    assert.deepEqual(plan([made(1, 0)], 90, undefined, readOnly).current.specification, readOnly);
  });

  it("creates the next generation for a change at once if configured", () => {
    const now = plan([made(1, 0)], 10, { overlap: "7d", changes: "immediately" }, readOnly);
    assert.deepEqual(now.numbers, [2, [1], []]);
    mentions(now.reason, "scopes");
  });

  it("ignores the order of scopes", () => {
    const reversed = { ...both, scopes: both.scopes.toReversed() };
    assert.deepEqual(plan([made(1, 0)], 10, { changes: "immediately" }, reversed).numbers, [1, [], []]);
  });

  it("lets a change replace the running generation without rotation, and still ends an overlap", () => {
    const held = [made(1, 0), made(2, 90)];
    const before = planSlot({ specification: readOnly }, held, day(96));
    assert.deepEqual([before.current.generation, before.current.specification], [2, readOnly]);
    assert.equal(before.retiring.length, 1);
    assert.equal(planSlot({ specification: readOnly }, held, day(97)).retiring.length, 0);
  });

  it("does not count the age of an application with an unknown time of creation", () => {
    const held = made(1, 0);
    held.application!.createdAtMs = undefined;
    assert.deepEqual(plan([held], 1000).numbers, [1, [], []]);
  });
});
