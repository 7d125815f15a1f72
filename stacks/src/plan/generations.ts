import type { HeldGeneration } from "../rotation/held-generations";
import type { SlotPlan } from "../rotation/plan";
import type { Specification } from "../rotation/specification";
import { changedFields, type Fields, specificationFields } from "./declaration";
import type { GenerationsReport } from "./report";

/**
 * Reports what becomes of the generations of a slot: which go, and what the new one, or the next, has otherwise than the
 * one that runs.
 *
 * @param held those that the stack held when its last update ended
 * @param declared the fields of its application in the configuration
 * @param recorded those at the last `up`; undefined where nobody knows
 * @returns undefined where nothing becomes of them
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
