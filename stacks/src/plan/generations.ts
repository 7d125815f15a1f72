import type { HeldGeneration } from "../rotation/held-generations";
import type { SlotPlan } from "../rotation/plan";
import type { Specification } from "../rotation/specification";
import { changedFields, type Fields, specificationFields } from "./declaration";
import type { GenerationsReport } from "./report";

/**
 * Reports the changes of a slot's generations: which are deleted, and how the new or next one differs from
 * the current one.
 *
 * @param held those of the stack at the end of its last update
 * @param declared the fields of its application in the configuration
 * @param recorded those at the last `up`; undefined if unknown
 * @returns undefined if nothing changes
 */
export async function reportGenerations(
  slot: string,
  plan: SlotPlan,
  held: readonly HeldGeneration[],
  declared: Fields,
  recorded: Fields | undefined,
): Promise<GenerationsReport | undefined> {
  const declaredNow = [...plan.retiring, plan.current].map(({ generation }) => generation);
  const goes = held.map(({ generation }) => generation).filter((one) => !declaredNow.includes(one));
  const running = held.at(-1)?.application?.specification;
  const isMade = plan.reason !== undefined;
  const waits = plan.deferred.length > 0;
  const changes =
    running !== undefined && (isMade || waits) ? await specificationChanges(running, declared, recorded) : [];
  if (goes.length === 0 && !isMade && !waits) return undefined;
  return {
    slot,
    goes,
    changes,
    waits,
    ...(plan.due === undefined ? {} : { due: new Date(plan.due.ms).toISOString() }),
  };
}

async function specificationChanges(
  running: Specification,
  declared: Fields,
  recorded: Fields | undefined,
): Promise<GenerationsReport["changes"]> {
  const before = await specificationFields(running);
  const after = Object.fromEntries(Object.keys(before).map((field) => [field, declared[field] ?? ""]));
  return changedFields(before, after).map((change) => ({
    ...change,
    wasDeclared: recorded?.[change.field] === declared[change.field],
  }));
}
