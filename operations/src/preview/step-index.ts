import { groupBy, oncePer, slotOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Step } from "./step";

/** Each list is indexed once: a preview of thousands of customers has tens of thousands of steps. */
const bySlot = oncePer((steps: readonly Step[]) => groupBy(steps, ({ name }) => slotOf(name)));

const byTypeAndName = oncePer(
  (steps: readonly Step[]) =>
    new Map(steps.toReversed().map((step) => [keyOf(step.type, step.name), step] as const)),
);

/** Returns the URNs of the resources that are deleted. The list must not change afterwards. */
export const deletedIn = oncePer(
  (steps: readonly Step[]) =>
    new Set(steps.filter(({ operation }) => operation === "delete").map(({ urn }) => urn)),
);

/** Returns the steps of an application's slot: those of all its generations. The list must not change afterwards. */
export function stepsOfSlot(slot: string, steps: readonly Step[]): readonly Step[] {
  return bySlot(steps).get(slot) ?? [];
}

/** Finds the first step of a resource. The list must not change afterwards. */
export function findStep(type: string, name: string, steps: readonly Step[]): Step | undefined {
  return byTypeAndName(steps).get(keyOf(type, name));
}

function keyOf(type: string, name: string): string {
  return `${type} ${name}`;
}
