import { openClock } from "pulumi-resistant-tenants/internal/clock";
import { secretVersionType, tenantApplicationType } from "pulumi-resistant-tenants/internal/operator";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { customerOf, generationOf, slotOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { durationSchema, type GenerationsReport } from "resistant-tenants-stacks/plan";
import { z } from "zod";

import { generationType } from "./change";
import type { Step } from "./step";

/** What a step is judged in. */
export interface Context {
  /** All steps of its preview. */
  steps: readonly Step[];
  environment: EnvironmentVariables;
}

/**
 * Says why a part of a generation that is deleted is not what the calendar lets go: a newer generation must be stored and
 * stay, and the overlap that the last `up` was configured with must be over.
 *
 * @returns undefined where it is
 */
export function problemOfOld(
  step: Step,
  context: Context,
  report: GenerationsReport | undefined,
): string | undefined {
  const { steps } = context;
  const generation = generationOf(step.name);
  if (report?.goes.includes(generation) !== true) return "delete, and the calendar does not let it go";
  const newer = steps.filter(
    (other) => slotOf(other.name) === slotOf(step.name) && generationOf(other.name) > generation,
  );
  const stays = (type: string): boolean =>
    newer.some((other) => other.type === type && other.after !== undefined);
  if (!stays(tenantApplicationType) || !stays(secretVersionType))
    return "delete, and no newer generation stays";
  // The stored value is kept in the secret as its version before the present one.
  if (step.before?.options["retainOnDelete"] === true && step.type !== secretVersionType)
    return "delete, and it would be forgotten, not deleted";
  return problemOfOverlap(step, context, newer);
}

/** The part of a customer's outputs that is read: what the last `up` was configured with, by customer and slot. */
const recordedSchema = z.object({ applied: z.object({ declared: z.record(z.string(), z.unknown()) }) });

/** What the last `up` recorded decides, not what the program says now. */
function problemOfOverlap(step: Step, context: Context, newer: readonly Step[]): string | undefined {
  const overlapMs = recordedOverlapMs(slotOf(step.name), context.steps);
  // A list of customers that is encrypted is recorded so; the program has reported the change, if there is one.
  if (overlapMs === undefined || overlapMs === 0) return undefined;
  const successor = newer
    .filter(({ type, before }) => type === generationType && before?.outputs["storedAt"] !== undefined)
    .toSorted((one, other) => generationOf(one.name) - generationOf(other.name))[0];
  const storedAt = z.iso.datetime().safeParse(successor?.before?.outputs["storedAt"]).data;
  if (storedAt === undefined) return "delete, and no newer generation was stored before";
  const endsAt = new Date(Date.parse(storedAt) + overlapMs);
  return endsAt <= nowOf(context) ? undefined : `delete, and its overlap ends on ${endsAt.toISOString()}`;
}

function recordedOverlapMs(slot: string, steps: readonly Step[]): number | undefined {
  const customer = customerOf(slot);
  const own = steps.find(({ type, name }) => type === "resistant:index:Customer" && name === customer);
  const { data } = recordedSchema.safeParse(own?.before?.outputs);
  return z.object({ overlap: durationSchema }).safeParse(data?.applied.declared[slot]).data?.overlap.ms;
}

/** The clock is the one by which the program plans: of a sandbox it can be set. */
function nowOf({ steps, environment }: Context): Date {
  const apiUrl = steps.map(({ before }) => before?.outputs["apiUrl"]).find((url) => typeof url === "string");
  return openClock(apiUrl ?? "", environment)();
}
