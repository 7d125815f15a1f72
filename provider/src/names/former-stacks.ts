import { z } from "zod";

const slotSchema = z.object({ stack: z.string() });

/**
 * Gives the names under which a stack's objects were made, other than its present one: it was renamed, or moved to
 * another organization, project or backend, or its resources came from another stack (`pulumi state move`).
 */
export function otherStackNames(
  resources: ReadonlyArray<{ outputs: Record<string, unknown> }>,
  present: string,
): string[] {
  const names = resources.flatMap(({ outputs }) => slotSchema.safeParse(outputs["slot"]).data?.stack ?? []);
  return [...new Set(names)].filter((name) => name !== "" && name !== present).sort();
}
