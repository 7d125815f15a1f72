import { fleetStackOf, groupBy } from "pulumi-resistant-tenants/internal/vocabulary";

import type { FleetStage } from "./stage";
import type { FleetState } from "./states";

/** A customer in the state of a stack. */
export interface Holding {
  customer: string;
  tenantId: string;
  /** The stack that contains it. */
  stack: string;
  /** The stack to which the layout assigns it. */
  wanted: string;
}

/** Lists the customers in a stage's stacks, with any number of bits. */
export function holdingsOf(
  { name, bits }: Pick<FleetStage, "name" | "bits">,
  states: ReadonlyMap<string, FleetState>,
): Holding[] {
  return [...states].flatMap(([stack, { held }]) =>
    held.tenants.map(({ slot, tenantId }) => ({
      customer: slot,
      tenantId,
      stack,
      wanted: fleetStackOf(name, bits, slot),
    })),
  );
}

/**
 * Finds the stacks that must not be run: a customer is in another stack than the layout says, because
 * `fleet.bits` was edited or a split was interrupted. The stack that contains it would delete it, and the
 * other would create it again.
 *
 * @returns the problems, by the stacks' names
 */
export function findMisplaced(holdings: readonly Holding[]): Map<string, string[]> {
  const misplaced = holdings.flatMap(({ customer, stack, wanted }) => {
    const problem = `customer "${customer}" belongs in ${wanted}, but is in ${stack}`;
    return stack === wanted ? [] : [stack, wanted].map((each) => ({ each, problem }));
  });
  const problems = groupBy(misplaced, ({ each }) => each);
  return new Map([...problems].map(([each, list]) => [each, list.map(({ problem }) => problem)]));
}
