import { z } from "zod";

/** Where an event is on record, as the state keeps it. */
export const recordedAsSchema = z.object({ sequence: z.number(), hash: z.string(), at: z.string() });

/** What a resource tells its provider of its place in the stack: the engine passes neither. */
export const slotSchema = z.object({
  /** `organization/project/stack`. */
  stack: z.string(),
  /** The resource's name in it. */
  name: z.string(),
  /** The id of the object that the stack held for it when its last update ended. */
  heldId: z.string().optional(),
  /** What the stack held when its last update ended: where its last create is on record, and all of it, in short. */
  heldBefore: z.object({ last: recordedAsSchema, holding: z.string() }).optional(),
});
export type SlotInput = z.output<typeof slotSchema>;
