import { isDeepStrictEqual } from "node:util";
import {
  releasedType,
  secretType,
  signingKeyType,
  tenantApplicationType,
} from "pulumi-resistant-tenants/internal/operator";
import {
  describeField,
  describeSetting,
  type GenerationsReport,
  type PlanReport,
} from "resistant-tenants-stacks/plan";

import {
  generationOf,
  isUnchanging,
  predecessorOf,
  secretVersionType,
  slotOf,
  typesOfGeneration,
} from "./change";
import { describeDetail, detailsOf, specificationOf, tell } from "./details";
import type { Preview, Step } from "./step";

const stackType = "pulumi:pulumi:Stack";

/**
 * Finds what in a preview is neither a rotation nor the retirement of a generation that was rotated before, and so needs
 * a person. A rotation makes a further generation with the specification of the one before, in an untouched secret; a
 * retirement deletes what the calendar lets go. The engine's steps decide; the program's report adds what they do not
 * show.
 *
 * @returns a sentence for each; none where the preview rotates and retires, and does nothing else
 */
export function beyondRotation({ steps, report }: Preview): string[] {
  const changing = steps.filter((step) => !isUnchanging(step));
  if (report === undefined) return changing.map((step) => `${nameOf(step)}: ${step.operation}`);
  return [
    ...(report.isFirst
      ? []
      : report.settings.map((change) => `settings changed: ${describeSetting(change)}`)),
    ...report.declared.map(describeField),
    ...changing.flatMap((step) => {
      const problem = problemOf(step, steps, report);
      return problem === undefined ? [] : [`${nameOf(step)}: ${problem}`];
    }),
  ];
}

/**
 * Tells whether a preview leaves out what stays as it is (it was made without `--show-sames`), while generations come or
 * go: what they follow, and what follows them, is then not in it. Of the stack itself the engine always tells.
 */
export function leavesOutSames(steps: readonly Step[]): boolean {
  const names = steps.some((step) => isUnchanging(step) && step.type !== stackType);
  const turns = steps.some(
    (step) =>
      typesOfGeneration.has(step.type) &&
      (step.operation === "delete" || (step.operation === "create" && generationOf(step) > 1)),
  );
  return turns && !names;
}

/** The type without its package: `TenantApplication acme/eu-1/default/2`. */
function nameOf({ type, name }: Step): string {
  return `${type.split(":").at(-1) ?? type} ${name}`;
}

function problemOf(step: Step, steps: readonly Step[], { generations }: PlanReport): string | undefined {
  const { operation, type, name, before } = step;
  const report = generations.find(({ slot }) => slot === slotOf(name));
  if (typesOfGeneration.has(type) && operation === "create") return problemOfNew(step, steps, report);
  if (typesOfGeneration.has(type) && operation === "delete") return problemOfOld(step, steps, report);
  if (type === releasedType) return "handed over";
  const details = before === undefined ? [] : detailsOf(step, before);
  return [operation, ...details.map(describeDetail)].join("; ");
}

/** A part of a generation that is made: the whole must be as the generation before it was. */
function problemOfNew(
  step: Step,
  steps: readonly Step[],
  report: GenerationsReport | undefined,
): string | undefined {
  const { name, type } = step;
  const find = (wanted: string, ofName: string): Step | undefined =>
    steps.find((other) => other.type === wanted && other.name === ofName);
  const predecessor = predecessorOf(step, steps);
  const former = predecessor?.after ?? predecessor?.before;
  if (predecessor === undefined || former === undefined) {
    return "create, and there is no generation before it";
  }
  const application = find(tenantApplicationType, name)?.after;
  if (application === undefined) return "create, and there is no application that it belongs to";
  const [key, formerKey] = [find(signingKeyType, name), find(signingKeyType, predecessor.name)];
  const [is, was] = [specificationOf(application, key), specificationOf(former, formerKey)];
  const changed = [...new Set([...is.keys(), ...was.keys()])].filter(
    (field) => !isDeepStrictEqual(is.get(field), was.get(field)) && !isApproved(field, is.get(field), report),
  );
  if (changed.length > 0) return `create, with another ${changed.join(", ")} than ${predecessor.name}`;
  if (application.provider !== former.provider) return "create, by another provider";
  if (type === signingKeyType) return problemOfKey(step, is.get("authMethod"));
  if (type === secretVersionType) return problemOfVersion(step, find(secretType, slotOf(name)));
  return undefined;
}

/** A change that waited for this generation is approved where the last `up` was configured so already. */
function isApproved(field: string, value: unknown, report: GenerationsReport | undefined): boolean {
  if (report === undefined || report.waits) return false;
  const change = report.changes.find((one) => one.field === field);
  return change?.wasDeclared === true && change.after === tell(field, value);
}

function problemOfKey({ after }: Step, authMethod: unknown): string | undefined {
  const algorithms: Readonly<Record<string, string>> = { RSA: "RS256", EC: "ES256" };
  const expected = { algorithm: typeof authMethod === "string" ? algorithms[authMethod] : undefined };
  const inputs = Object.entries(after?.inputs ?? {}).filter(([input]) => input !== "__provider");
  return isDeepStrictEqual(Object.fromEntries(inputs), expected)
    ? undefined
    : "create, otherwise than a rotation makes it";
}

function problemOfVersion({ after }: Step, secret: Step | undefined): string | undefined {
  const arn = secret?.before?.outputs["arn"];
  const isItsOwn = arn !== undefined && after?.inputs["secretId"] === arn;
  return isItsOwn && after.provider === secret?.after?.provider
    ? undefined
    : "create, in another secret than that of the application";
}

/** A part of a generation that is deleted: the calendar must let it go, and a newer generation must stay. */
function problemOfOld(
  step: Step,
  steps: readonly Step[],
  report: GenerationsReport | undefined,
): string | undefined {
  const generation = generationOf(step);
  if (report?.goes.includes(generation) !== true) return "delete, and the calendar does not let it go";
  const stays = steps.some(
    (other) =>
      other.type === tenantApplicationType &&
      slotOf(other.name) === slotOf(step.name) &&
      generationOf(other) > generation &&
      other.after !== undefined,
  );
  return stays ? undefined : "delete, and no newer generation stays";
}
