/** What tools for operators share with the program. It loads neither the engine's SDK nor a resource. */
export { heldGenerations, type HeldGeneration, type HeldResource } from "./held-generations";
export type { SlotPlan } from "./plan";
export { planSlots } from "./plan-slots";
