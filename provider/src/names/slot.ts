import { z } from "zod";

/** The position of an event in the journal, as stored in the state. */
export const recordedAsSchema = z.object({ sequence: z.number(), hash: z.string(), at: z.string() });

/** What a resource passes to its provider about its place in the stack, because the engine does not. */
export const slotSchema = z.object({
  /** `organization/project/stack`. */
  stack: z.string(),
  /** The resource's name in it. */
  name: z.string(),
  /** The id of its object in the stack after the last update. */
  heldId: z.string().optional(),
  /**
   * The stack's contents after its last update: the position of its last create in the journal, and a digest of
   * everything.
   */
  heldBefore: z.object({ last: recordedAsSchema, holding: z.string() }).optional(),
  /** The stack's other names in its state: it was renamed or moved. */
  formerly: z.array(z.string()).optional(),
  /** A change of its customer in this update: passed only in an `up`, and never stored in the state. */
  change: z
    .object({
      /** The id of the event that announces it. */
      intent: z.string(),
      /** How many applications the customer has: when all have been requested, the change is done. */
      applications: z.int().positive(),
    })
    .optional(),
  /**
   * The file that the provider creates, with its folder, when the engine requests the resource: passed only in an `up`,
   * and never stored in the state.
   */
  asked: z.string().optional(),
});
export type SlotInput = z.output<typeof slotSchema>;

/** A change of a customer, as its applications pass it to their provider. */
export type CustomerChange = NonNullable<SlotInput["change"]>;

/** What an application passes to its provider about this run. */
export type ToldOfRun = Pick<SlotInput, "change" | "asked">;

const placeSchema = slotSchema.pick({ stack: true });

/**
 * Returns a stack's former names: it was renamed, or moved to another organization, project or backend, or its
 * resources came from another stack (`pulumi state move`).
 */
export function otherStackNames(
  resources: ReadonlyArray<{ outputs: Record<string, unknown> }>,
  present: string,
): string[] {
  const names = resources.flatMap(({ outputs }) => placeSchema.safeParse(outputs["slot"]).data?.stack ?? []);
  return [...new Set(names)].filter((name) => name !== "" && name !== present).sort();
}
