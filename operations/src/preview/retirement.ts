import { openClock } from "pulumi-resistant-tenants/internal/clock";
import { secretVersionType, tenantApplicationType } from "pulumi-resistant-tenants/internal/operator";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { customerOf, generationOf, slotOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { durationSchema, type GenerationsReport, packed } from "resistant-tenants-stacks/plan";
import { z } from "zod";

import { generationType } from "./change";
import type { Step } from "./step";
import { findStep, stepsOfSlot } from "./step-index";

/** The preview that a step belongs to. */
export interface Context {
  /** All steps of the preview. */
  steps: readonly Step[];
  environment: EnvironmentVariables;
}

/**
 * Returns why a deleted part of a generation is not due for deletion: a newer generation must be stored and
 * stay, and the overlap that the last `up` was configured with must be over.
 *
 * @returns undefined if it is due
 */
export function problemOfOld(
  step: Step,
  context: Context,
  report: GenerationsReport | undefined,
): string | undefined {
  const { steps } = context;
  const generation = generationOf(step.name);
  if (report?.goes.includes(generation) !== true) return "delete, but its calendar does not";
  const newer = stepsOfSlot(slotOf(step.name), steps).filter(
    (other) => generationOf(other.name) > generation,
  );
  const stays = (type: string): boolean =>
    newer.some((other) => other.type === type && other.after !== undefined);
  if (!stays(tenantApplicationType) || !stays(secretVersionType))
    return "delete, but no newer generation stays";
  // The stored value is retained in the secret as its previous version.
  if (step.before?.options["retainOnDelete"] === true && step.type !== secretVersionType)
    return "delete, but it would be released, not deleted";
  return problemOfOverlap(step, context, newer);
}

/** The relevant part of a customer's outputs: what the last `up` was configured with, by customer and slot. */
const recordedSchema = z.object({
  applied: packed(z.object({ declared: z.record(z.string(), z.unknown()) })),
});

/** The last `up`'s record decides, not the program's present configuration. */
function problemOfOverlap(step: Step, context: Context, newer: readonly Step[]): string | undefined {
  const overlapMs = recordedOverlapMs(slotOf(step.name), context.steps);
  // An encrypted list of customers is recorded encrypted; the program has reported the change, if there is
  // one.
  if (overlapMs === undefined || overlapMs === 0) return undefined;
  const successor = newer
    .filter(({ type, before }) => type === generationType && before?.outputs["storedAt"] !== undefined)
    .toSorted((one, other) => generationOf(one.name) - generationOf(other.name))[0];
  const storedAt = z.iso.datetime().safeParse(successor?.before?.outputs["storedAt"]).data;
  if (storedAt === undefined) return "delete, but no newer generation was stored before";
  const endsAt = new Date(Date.parse(storedAt) + overlapMs);
  return endsAt <= nowOf(context) ? undefined : `delete, but its overlap ends on ${endsAt.toISOString()}`;
}

function recordedOverlapMs(slot: string, steps: readonly Step[]): number | undefined {
  const own = findStep("resistant:index:Customer", customerOf(slot), steps);
  const { data } = recordedSchema.safeParse(own?.before?.outputs);
  return z.object({ overlap: durationSchema }).safeParse(data?.applied.declared[slot]).data?.overlap.ms;
}

/** The clock is the program's: in a sandbox it can be set. */
function nowOf({ steps, environment }: Context): Date {
  for (const { before } of steps) {
    const apiUrl = before?.outputs["apiUrl"];
    if (typeof apiUrl === "string") return openClock(apiUrl, environment)();
  }
  return openClock("", environment)();
}
