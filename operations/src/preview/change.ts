import {
  releasedType,
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/operator";
import { customerOf, generationOf, slotOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { changedProtection, type Detail, detailsOf } from "./details";
import { changedOptions } from "./options";
import type { ResourceState, Step } from "./step";
import { stepsOfSlot } from "./step-index";

/** Reviewers' words for the resources' types. */
export const subjects = [
  "customer",
  "tenant",
  "application",
  "signing key",
  "secret",
  "secret value",
  "other",
] as const;
/** A resource's type, in reviewers' words. */
export type Subject = (typeof subjects)[number];

/** What happens to a resource, the most important first. */
export const kinds = [
  "replaced",
  "removed",
  "retired",
  "rotated",
  "adopted",
  "added",
  "changed",
  "handed over",
  "forgotten",
] as const;
/** What happens to a resource. */
export type ChangeKind = (typeof kinds)[number];

/** One change that an update would make. It contains no secret value. */
export interface Change {
  subject: Subject;
  kind: ChangeKind;
  /** The resource's name in the stack: `acme` or `acme/eu-1/default`. */
  name: string;
  /** The first part of its name. */
  customer: string;
  type: string;
  /** What an approver reviews: scopes, readers, keys, … */
  details: Detail[];
}

/** The type of the component of a further generation. */
export const generationType = "resistant:index:Generation";

const subjectOfType: Readonly<Record<string, Subject>> = {
  "resistant:index:Customer": "customer",
  [tenantType]: "tenant",
  [tenantApplicationType]: "application",
  [signingKeyType]: "signing key",
  [secretType]: "secret",
  [secretVersionType]: "secret value",
};

/** The types of resources that a new generation of an application consists of. */
export const typesOfGeneration: ReadonlySet<string> = new Set([
  tenantApplicationType,
  signingKeyType,
  secretVersionType,
  generationType,
]);

/** The engine's operations that change something. */
const kindOfOperation: Readonly<Record<string, ChangeKind>> = {
  create: "added",
  import: "adopted",
  read: "added",
  update: "changed",
  delete: "removed",
  replace: "replaced",
  "create-replacement": "replaced",
  "delete-replaced": "replaced",
  "import-replacement": "replaced",
};

/** The engine's operations that change nothing. */
const unchanging = new Set(["same", "refresh", "read", "read-discard", "discard", "remove-pending-replace"]);

/** Finds the changes in the steps of a preview, the most important first. */
export function changesOf(steps: readonly Step[]): Change[] {
  const changes = new Map<string, Change>();
  for (const step of steps) {
    if (isUnchanging(step)) continue;
    const change = toChange(step, steps);
    const key = `${change.kind} ${change.type} ${change.name}`;
    // A replacement can appear as several steps, some without the differences.
    const details = change.details.length > 0 ? change.details : (changes.get(key)?.details ?? []);
    changes.set(key, { ...change, details });
  }
  return [...changes.values()].sort(inOrder);
}

/** Returns whether a step leaves a resource as it is; the engine also says so if only its options change. */
export function isUnchanging(step: Step): boolean {
  const { operation, before, after } = step;
  if (!unchanging.has(operation)) return false;
  // A resource that the program reads for the first time belongs to someone else.
  if (before === undefined && operation === "read") return false;
  if (before === undefined || after === undefined) return true;
  return [...changedProtection(before, after), ...optionsOf(step, before, after)].length === 0;
}

/**
 * Returns the options of a resource that differ. Not compared: `ignoreChanges` of older generations, which
 * ignore the present configuration, and `retainOnDelete` of stored values, which states of the first release
 * lack.
 */
export function optionsOf({ type }: Step, before: ResourceState, after: ResourceState): Detail[] {
  const isKeptNow = type === secretVersionType && after.options["retainOnDelete"] === true;
  return changedOptions(before, after, [
    ...(typesOfGeneration.has(type) ? ["ignoreChanges"] : []),
    ...(isKeptNow ? ["retainOnDelete"] : []),
  ]);
}

function toChange(step: Step, steps: readonly Step[]): Change {
  const { type, name, before } = step;
  const isReleased = type === releasedType;
  return {
    subject: subjectOfType[isReleased ? (before?.type ?? type) : type] ?? "other",
    kind: kindOf(step, steps),
    name,
    customer: customerOf(name),
    type,
    details: isReleased
      ? []
      : [...detailsOf(step, before ?? comparedWith(step, steps)), ...optionsOfSame(step)],
  };
}

/** If nothing else of a resource changes, only its options can be reported. */
function optionsOfSame(step: Step): Detail[] {
  const { operation, before, after } = step;
  return unchanging.has(operation) && before !== undefined && after !== undefined
    ? optionsOf(step, before, after)
    : [];
}

/** A new generation of an application is compared with the previous one. */
function comparedWith(step: Step, steps: readonly Step[]): ResourceState | undefined {
  if (step.type !== tenantApplicationType) return undefined;
  const predecessor = predecessorOf(step, steps);
  return predecessor?.after ?? predecessor?.before;
}

/** An operation of the engine that is unknown here counts as a replacement, so that it is reviewed. */
function kindOf(step: Step, steps: readonly Step[]): ChangeKind {
  const kind = kindOfOperation[step.operation] ?? (unchanging.has(step.operation) ? "changed" : "replaced");
  if (step.type === releasedType) return kindOfRelease(step, kind);
  if (typesOfGeneration.has(step.type)) {
    if (kind === "added" && predecessorOf(step, steps) !== undefined) return "rotated";
    if (kind === "removed" && hasNewer(step, steps)) return "retired";
  }
  return kind === "added" && step.inputs["adopt"] !== undefined ? "adopted" : kind;
}

/** A `Released` takes the place of a resource that is handed over, and is forgotten later. */
function kindOfRelease({ before }: Step, kind: ChangeKind): ChangeKind {
  if (kind === "removed") return "forgotten";
  return kind === "changed" && before !== undefined && before.type !== releasedType ? "handed over" : kind;
}

/**
 * Finds the application of the previous generation: a rotation creates a further generation,
 * `<customer>/<cell>/<purpose>/<n>`, beside the current one.
 */
export function predecessorOf(step: Step, steps: readonly Step[]): Step | undefined {
  return applicationsOf(step, steps)
    .filter((other) => other.before !== undefined && generationOf(other.name) < generationOf(step.name))
    .toSorted((one, other) => generationOf(other.name) - generationOf(one.name))[0];
}

function hasNewer(step: Step, steps: readonly Step[]): boolean {
  return applicationsOf(step, steps).some(
    (other) => other.operation !== "delete" && generationOf(other.name) > generationOf(step.name),
  );
}

/** Only the application exists in every generation: another method may have another key, or none. */
function applicationsOf({ name }: Step, steps: readonly Step[]): Step[] {
  return stepsOfSlot(slotOf(name), steps).filter(({ type }) => type === tenantApplicationType);
}

function inOrder(one: Change, other: Change): number {
  return (
    subjects.indexOf(one.subject) - subjects.indexOf(other.subject) ||
    kinds.indexOf(one.kind) - kinds.indexOf(other.kind) ||
    (one.name < other.name ? -1 : 1)
  );
}
