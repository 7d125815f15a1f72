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
  /** The other names of the stack that its state told then: it was renamed, or moved. */
  formerly: z.array(z.string()).optional(),
  /** A change of its customer that this update makes: told in an `up` alone, and kept in no state. */
  change: z
    .object({
      /** The id of the event that announces it. */
      intent: z.string(),
      /** How many applications the customer has: once all are asked for, what the change is about is done. */
      applications: z.int().positive(),
    })
    .optional(),
  /** The file that the provider creates once the engine asks it for the resource: told in an `up`, and kept in no state. */
  asked: z.string().optional(),
});
export type SlotInput = z.output<typeof slotSchema>;

/** A change of a customer, as its applications tell their provider. */
export type CustomerChange = NonNullable<SlotInput["change"]>;

/** What an application tells its provider of this run. */
export type ToldOfRun = Pick<SlotInput, "change" | "asked">;

const placeSchema = slotSchema.pick({ stack: true });

/**
 * Gives the names under which a stack's objects were made, other than its present one: it was renamed, or moved to
 * another organization, project or backend, or its resources came from another stack (`pulumi state move`).
 */
export function otherStackNames(
  resources: ReadonlyArray<{ outputs: Record<string, unknown> }>,
  present: string,
): string[] {
  const names = resources.flatMap(({ outputs }) => placeSchema.safeParse(outputs["slot"]).data?.stack ?? []);
  return [...new Set(names)].filter((name) => name !== "" && name !== present).sort();
}
