import { generationName, slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import { type CustomerConfiguration } from "../configuration/configuration";
import { heldGenerations, type HeldResource } from "./held-generations";
import { planSlot, type SlotPlan } from "./plan";
import { toSpecification } from "./specification";

/** Exports for operators' tools. Importing it loads neither the engine's SDK nor a resource. */
export { heldGenerations, type HeldGeneration, type HeldResource } from "./held-generations";
export { type DueDate, dueDate, type SlotPlan } from "./plan";

/**
 * Plans the generations of every declared application.
 *
 * @param resources the resources of the stack at the end of its last update
 * @param nowMs milliseconds since 1970
 * @returns the plans by slot (`<customer>/<cell>/<purpose>`)
 */
export async function planSlots(
  customers: readonly CustomerConfiguration[],
  resources: readonly HeldResource[],
  nowMs: number,
): Promise<Map<string, SlotPlan>> {
  const generations = heldGenerations(resources);
  const plans = customers.flatMap(({ name, applications }) =>
    applications.map(async (application) => {
      const slot = slotName(name, application);
      const { rotation } = application;
      const held = generations.get(slot) ?? [];
      const heldKeyId = held.at(-1)?.application?.specification.customerKey?.keyId;
      const specification = await toSpecification(application, heldKeyId);
      return [slot, planSlot({ specification, rotation }, held, nowMs)] as const;
    }),
  );
  return new Map(await Promise.all(plans));
}

/** Names the generations of a slot that its plan declares. */
export function declaredGenerations([slot, { current, retiring }]: [string, SlotPlan]): string[] {
  return [...retiring, current].map(({ generation }) => generationName(slot, generation));
}
