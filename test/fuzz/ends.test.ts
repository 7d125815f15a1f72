import { strict as assert } from "node:assert";

import { simulateLifecycle } from "../simulator/lifecycle";
import { exhaustiveTag } from "../suites";
import { useWarnings } from "../support/warnings";
import { type End, endOf } from "./end";
import { describeFinding } from "./fuzz";
import { eventsOf, runLifecycle } from "./lifecycle";
import { type LifecyclePlan, planLifecycle } from "./plan";
import { Tally } from "./tally";

const seed = 20261126;

/** One step at a time; what fails stops nothing beside it, or which of two is asked for first would decide the end. */
const choice = { parallelism: 1, continuesOnError: true };

/** Runs a lifecycle on the engine, and gives how it ended. */
async function endOnEngine(plan: LifecyclePlan): Promise<End | undefined> {
  let end: End | undefined;
  const finding = await runLifecycle(plan, new Tally(), {
    ...choice,
    onRepaired: async (stack) => {
      const { deployment } = await stack.workspace.exportState();
      const tenants = stack.sandbox.control.tenants();
      end = endOf({ tenants, resources: deployment.resources, events: eventsOf(stack) });
    },
  });
  if (finding !== undefined) assert.fail(describeFinding(finding));
  return end;
}

/** Simulates the same lifecycle. */
async function endSimulated(plan: LifecyclePlan): Promise<End | undefined> {
  let end: End | undefined;
  const finding = await simulateLifecycle(plan, new Tally(), {
    ...choice,
    onRepaired: (stack) => {
      const events = stack.journal.events();
      end = endOf({ tenants: stack.api.tenants(), resources: stack.checkpoint.resources, events });
    },
  });
  assert.equal(finding?.violated, undefined);
  return end;
}

describe("a lifecycle", function () {
  useWarnings();
  this.timeout(600_000);

  async function assertSameEnd(index: number): Promise<void> {
    const plan = planLifecycle(seed, index);
    const onEngine = await endOnEngine(plan);
    assert.ok(onEngine !== undefined);
    assert.deepEqual(await endSimulated(plan), onEngine);
  }

  it("ends on the engine as the simulator says: the same objects, state and outcomes", () =>
    assertSameEnd(1));

  for (let index = 100; index < 130; index += 1) {
    it(`ends so with index ${index}, too ${exhaustiveTag}`, () => assertSameEnd(index));
  }
});
