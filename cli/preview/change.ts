import { signingKeyType, tenantApplicationType, tenantType } from "pulumi-resistant-tenants/operator";

import type { Step } from "./step";

/** What a resource is to the people who review a change. */
export const subjects = [
  "customer",
  "tenant",
  "application",
  "signing key",
  "secret",
  "secret value",
  "other",
] as const;
export type Subject = (typeof subjects)[number];

/** What happens to it; what is to be looked at first stands first. */
export const kinds = ["replaced", "removed", "retired", "rotated", "adopted", "added", "changed"] as const;
export type ChangeKind = (typeof kinds)[number];

/** One thing that an update would change. It holds names, and no value of anything. */
export interface Change {
  subject: Subject;
  kind: ChangeKind;
  /** The resource's name in the stack: `acme` or `acme/eu-1/default`. */
  name: string;
  /** The first part of its name. */
  customer: string;
  type: string;
}

const subjectOfType: Readonly<Record<string, Subject>> = {
  "resistant:index:Customer": "customer",
  [tenantType]: "tenant",
  [tenantApplicationType]: "application",
  [signingKeyType]: "signing key",
  "aws:secretsmanager/secret:Secret": "secret",
  "aws:secretsmanager/secretVersion:SecretVersion": "secret value",
};

/** What a further generation of an application consists of, beside its secret value. */
const typesOfGeneration = new Set([tenantApplicationType, signingKeyType, "resistant:index:Generation"]);

/** The engine's words for a step that changes something. */
const kindOfOperation: Readonly<Record<string, ChangeKind>> = {
  create: "added",
  import: "adopted",
  update: "changed",
  delete: "removed",
  replace: "replaced",
  "create-replacement": "replaced",
  "delete-replaced": "replaced",
  "import-replacement": "replaced",
};

/** The engine's words for a step that changes nothing. */
const unchanging = new Set(["same", "refresh", "read", "read-discard", "discard", "remove-pending-replace"]);

/** Finds what the steps of a preview would change, in the order in which people should look at it. */
export function changesOf(steps: readonly Step[]): Change[] {
  const changes = new Map<string, Change>();
  for (const step of steps) {
    if (unchanging.has(step.operation)) continue;
    const change = toChange(step, steps);
    // A replacement can show as several steps.
    changes.set(`${change.kind} ${change.type} ${change.name}`, change);
  }
  return [...changes.values()].sort(inOrder);
}

function toChange(step: Step, steps: readonly Step[]): Change {
  const { type, name } = step;
  const subject = subjectOfType[type] ?? "other";
  return { subject, kind: kindOf(step, subject, steps), name, customer: name.split("/", 1)[0] ?? "", type };
}

/** A word of the engine's that is not known here counts as a replacement: it is looked at. */
function kindOf(step: Step, subject: Subject, steps: readonly Step[]): ChangeKind {
  const kind = kindOfOperation[step.operation] ?? "replaced";
  if (subject === "tenant" && kind === "added" && step.inputs["adopt"] !== undefined) return "adopted";
  const rotates = typesOfGeneration.has(step.type);
  if (rotates && kind === "added" && hasOlder(step, steps)) return "rotated";
  if (rotates && kind === "removed" && hasNewer(step, steps)) return "retired";
  return kind;
}

/** A rotation makes a further generation of an application, `<customer>/<cell>/<purpose>/<n>`, beside the one in use. */
function hasOlder(step: Step, steps: readonly Step[]): boolean {
  return generations(step, steps).some(
    (other) => other.operation !== "create" && generationOf(other) < generationOf(step),
  );
}

function hasNewer(step: Step, steps: readonly Step[]): boolean {
  return generations(step, steps).some(
    (other) => other.operation !== "delete" && generationOf(other) > generationOf(step),
  );
}

/** Its application alone has every generation: another method may come with another key, or with none. */
function generations({ name }: Step, steps: readonly Step[]): Step[] {
  return steps.filter((other) => other.type === tenantApplicationType && slotOf(other.name) === slotOf(name));
}

/** Takes the generation off a name: `acme/eu-1/default/2` is of the slot `acme/eu-1/default`. */
export function slotOf(name: string): string {
  return name.split("/").slice(0, 3).join("/");
}

function generationOf({ name }: Step): number {
  return Number(name.split("/")[3] ?? "1");
}

function inOrder(one: Change, other: Change): number {
  return (
    subjects.indexOf(one.subject) - subjects.indexOf(other.subject) ||
    kinds.indexOf(one.kind) - kinds.indexOf(other.kind) ||
    (one.name < other.name ? -1 : 1)
  );
}
