import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import {
  secretType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/resource-types";
import { customerOf, groupBy } from "pulumi-resistant-tenants/internal/vocabulary";

import { describeResource, type NamedResource } from "../values/describe-resource";

/** The facts at the end of an update in which something failed. */
export interface FailedUpdate {
  failed: readonly NamedResource[];
  /** The reasons, as far as the program knows. */
  reasons: ReadonlyMap<NamedResource, string>;
  /** How many customers the stack provides. */
  customers: number;
  /** The resources that the program declares. */
  declared: readonly NamedResource[];
  /** The resources of the stack at the end of its last update, without those that are handed over. */
  held: readonly HeldResource[];
  /** The customers whose last record was kept, or that have none yet. */
  notRecorded: ReadonlyMap<string, "kept" | "none">;
}

/** Describes which customers failed and why, and what waits for an update without a failure. */
export function describeFailedUpdate(update: FailedUpdate): string {
  const { failed, customers, notRecorded } = update;
  const byCustomer = groupBy(failed, ({ name }) => customerOf(name));
  return [
    `${byCustomer.size} of ${customers} customers failed. The other customers and their outputs are up to date.`,
    ...[...byCustomer].flatMap(([name, resources]) => [
      `  - ${name}: ${notRecorded.get(name) === "none" ? "the outputs do not contain it yet" : "the outputs contain its last record"}`,
      ...resources.map((resource) => `      ${describeFailure(resource, update)}`),
    ]),
    ...describeWaiting(waitingDeletions(update)),
    "Correct what failed, then run `pulumi up --continue-on-error` again. Nothing is created twice.",
  ].join("\n");
}

function describeFailure(resource: NamedResource, { reasons }: FailedUpdate): string {
  return `${describeResource(resource)}: ${reasons.get(resource) ?? "see the error of that resource"}`;
}

const deletedTypes: readonly string[] = [tenantType, tenantApplicationType, secretType];

/**
 * Finds resources that are in the state and no longer declared: the engine deletes them only in an update
 * without a failure.
 */
function waitingDeletions({ declared, held }: FailedUpdate): NamedResource[] {
  const kept = new Set(declared.map(({ type, name }) => `${type} ${name}`));
  return held
    .map(({ type, urn }) => ({ type, name: nameOfUrn(urn) }))
    .filter(({ type, name }) => deletedTypes.includes(type) && !kept.has(`${type} ${name}`))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function describeWaiting(waiting: readonly NamedResource[]): string[] {
  if (waiting.length === 0) return [];
  return [
    "Nothing was deleted. These wait for an update without a failure:",
    ...waiting.map((resource) => `  - ${describeResource(resource)}`),
  ];
}
