import { strict as assert } from "node:assert";

import { planLifecycle } from "../fuzz/plan";
import type { Tally } from "../fuzz/tally";
import { describeFinding, type Finding, simulateLifecycle } from "./lifecycle";
import { describeTried, pairsPlans, tryPairs, type Wanted } from "./pairs";
import type { Sabotage } from "./stack";

/** The seed of the tests. */
export const seed = 20261126;

/** Reports how much of a long run is done. */
export type ReportProgress = (done: string) => void;

/** Simulates lifecycles, from an index on, until one of them is found to be wrong. Reports each twentieth of them. */
export async function firstFinding(
  count: number,
  tally: Tally,
  { from = 0, sabotage, report }: { from?: number; sabotage?: Sabotage; report?: ReportProgress } = {},
): Promise<Finding | undefined> {
  for (let index = 0; index < count; index += 1) {
    const finding = await simulateLifecycle(
      planLifecycle(seed, from + index),
      tally,
      sabotage === undefined ? {} : { sabotage },
    );
    if (finding !== undefined) return finding;
    if ((index + 1) % Math.ceil(count / 20) === 0) report?.(`${index + 1} of ${count} lifecycles`);
  }
  return undefined;
}

/** Tries pairs of faults, and returns how many. Reports each thousand of them. */
export async function assertSoundPairs(wanted: Wanted, report?: ReportProgress): Promise<number> {
  let tried = 0;
  for (const plan of pairsPlans()) {
    for await (const pair of tryPairs(wanted, plan)) {
      tried += 1;
      const { finding } = pair;
      if (finding !== undefined)
        assert.fail(`${plan.name}: ${describeTried(pair)}: ${describeFinding(finding)}`);
      if (tried % 1000 === 0) report?.(`${tried} pairs: ${plan.name}`);
    }
  }
  return tried;
}
