import type { SlotPlan } from "./plan";

/**
 * Describes what an `up` does with the generations of a slot, and why; empty if they stay. Changes that wait
 * for the next one are described with the whole plan: see `describeReport`.
 */
export function describePlan(slot: string, plan: SlotPlan): string[] {
  return [...making(plan), ...letting(plan)].map((text) => `${slot}: ${text}`);
}

function making({ current, reason, retiring, overlap, next }: SlotPlan): string[] {
  const { generation, held } = current;
  if (reason === undefined) {
    const isCompleted = held?.isStored === false && (generation > 1 || next !== undefined);
    const completed = isCompleted
      ? [`generation ${generation}, which an earlier run did not finish, is completed.`]
      : [];
    return next === undefined ? completed : [...completed, afterThat(generation, next)];
  }
  const before = generation - 1;
  const stays = retiring.some((one) => one.generation === before)
    ? `generation ${before} stays until ${overlap.text} after that`
    : `generation ${before} is then deleted, because there is no overlap`;
  return [`rotated (${reason}): generation ${generation} is created and stored; ${stays}.`];
}

function afterThat(generation: number, { reason, retired }: NonNullable<SlotPlan["next"]>): string {
  const parts = [
    ...(reason === undefined ? [] : [`generation ${generation + 1} is due (${reason})`]),
    ...retired.map((one) => `generation ${one} must be deleted`),
  ];
  return `after this up, run \`pulumi up\` again: ${parts.join(", and ")}.`;
}

function letting({ current, retired, overlap }: SlotPlan): string[] {
  return retired
    .filter(
      ({ generation }) =>
        overlap.ms > 0 || generation !== current.generation - 1 || current.held !== undefined,
    )
    .map(({ generation, held }) => {
      const client = held.application?.clientId ?? "unknown";
      return `generation ${generation} (client ${client}) is deleted: its overlap (${overlap.text}) is over.`;
    });
}
