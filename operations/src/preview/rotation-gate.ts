import { nameOfUrn, releasedType } from "pulumi-resistant-tenants/internal/operator";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { generationOf, slotOf } from "pulumi-resistant-tenants/internal/vocabulary";
import {
  describeField,
  describeSetting,
  type GenerationsReport,
  type PlanReport,
} from "resistant-tenants-stacks/plan";

import { isUnchanging, optionsOf, typesOfGeneration } from "./change";
import { changedInputs, describeDetail, type Detail, detailsOf } from "./details";
import { problemOfNew } from "./new-generation";
import { lostDependencies } from "./options";
import { type Context, problemOfOld } from "./retirement";
import type { Preview, ResourceState, Step } from "./step";
import { deletedIn } from "./step-index";

const stackType = "pulumi:pulumi:Stack";

/**
 * Finds what in a preview is neither a rotation nor the retirement of a rotated generation, and so needs a
 * person. A rotation creates a further generation with the specification of the previous one, in an unchanged
 * secret; a retirement deletes what the calendar has retired. The engine's steps decide; the program's report
 * adds what they do not show.
 *
 * @param environment the environment variables that set the clock of a sandbox
 * @returns a sentence for each; empty if the preview only rotates and retires
 */
export function beyondRotation(
  { steps, report = withoutChange }: Preview,
  environment: EnvironmentVariables,
): string[] {
  const context = { steps, environment };
  const reports = new Map(report.generations.toReversed().map((one) => [one.slot, one]));
  return [
    ...(report.isFirst
      ? ["no earlier up is recorded"]
      : report.settings.map((change) => `settings changed: ${describeSetting(change)}`)),
    ...report.declared.map(describeField),
    ...namesakes(steps).map((step) => `${nameOf(step)}: there are two resources of this type and name`),
    ...steps.flatMap((step) => {
      const problem = isUnchanging(step) ? problemOfSame(step, steps) : problemOf(step, context, reports);
      return problem === undefined ? [] : [`${nameOf(step)}: ${problem}`];
    }),
  ];
}

/** Judges a preview by its steps alone. */
const withoutChange: PlanReport = {
  version: 1,
  isFirst: false,
  settings: [],
  allowedHosts: [],
  declared: [],
  generations: [],
  consequences: [],
};

/** A part is found by its type and name: a second one with both, elsewhere in the stack, could be mistaken for it. */
function namesakes(steps: readonly Step[]): Step[] {
  const first = new Set<string>();
  return steps.filter(({ operation, type, name }) => {
    // A refresh of a resource is a separate step.
    if (operation === "refresh") return false;
    const key = `${type} ${name}`;
    const isKnown = first.has(key);
    first.add(key);
    return isKnown;
  });
}

/**
 * The engine counts a resource with changed inputs as unchanged if its provider says so, and one with changed
 * dependencies always.
 */
function problemOfSame(step: Step, steps: readonly Step[]): string | undefined {
  const { operation, before, after } = step;
  if (before === undefined || after === undefined)
    return `${operation}, of something that is not in the state`;
  const goes = deletedIn(steps);
  const lost = lostDependencies(before, after).filter((urn) => !goes.has(urn));
  const problems = [
    ...changedInputs(before, after).map(describeDetail),
    ...(lost.length === 0 ? [] : [`no longer depends on ${lost.map(nameOfUrn).join(", ")}`]),
  ];
  return problems.length === 0 ? undefined : problems.join("; ");
}

/**
 * Returns whether a preview omits unchanged resources (it ran without `--show-sames`) although generations
 * are created or deleted: their predecessors and successors are then missing. The engine always reports the
 * stack itself.
 */
export function leavesOutSames(steps: readonly Step[]): boolean {
  const names = steps.some((step) => isUnchanging(step) && step.type !== stackType);
  const turns = steps.some(
    (step) =>
      typesOfGeneration.has(step.type) &&
      (step.operation === "delete" || (step.operation === "create" && generationOf(step.name) > 1)),
  );
  return turns && !names;
}

/** The type without its package: `TenantApplication acme/eu-1/default/2`. */
function nameOf({ type, name }: Step): string {
  return `${type.split(":").at(-1) ?? type} ${name}`;
}

function problemOf(
  step: Step,
  context: Context,
  reports: ReadonlyMap<string, GenerationsReport>,
): string | undefined {
  const { operation, type, name, before } = step;
  const report = reports.get(slotOf(name));
  if (typesOfGeneration.has(type) && operation === "create") return problemOfNew(step, context.steps, report);
  if (typesOfGeneration.has(type) && operation === "delete") return problemOfOld(step, context, report);
  if (type === releasedType) return "handed over";
  const details = before === undefined ? [] : changesOfStep(step, before);
  return [operation, ...details.map(describeDetail)].join("; ");
}

function changesOfStep(step: Step, before: ResourceState): Detail[] {
  return [
    ...detailsOf(step, before),
    ...(step.after === undefined ? [] : optionsOf(step, before, step.after)),
  ];
}
