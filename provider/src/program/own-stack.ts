import "./quiet-log";

import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { nameOfUrn, releasedType, tenantType } from "../names/resource-types";
import { oncePer } from "../once-per";

export { otherStackNames } from "../names/slot";
export { nameOfUrn, releasedType, tenantType };

/** A resource of the stack after its last update. */
export interface HeldResource {
  urn: string;
  type: string;
  outputs: Record<string, unknown>;
}

const answerSchema = z.object({
  outputs: z.record(z.string(), z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()) })),
});

/**
 * Reads this stack's resources after its last update from the engine, once per program; empty for a new stack. It is a
 * call, not a resource, so the state does not contain it.
 */
export const resourcesOfLastUpdate: () => Promise<HeldResource[]> = oncePerProgram(readResources);

async function readResources(): Promise<HeldResource[]> {
  const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName: stackName(),
  });
  return Object.entries(answerSchema.parse(answer).outputs).map(([urn, resource]) => ({ urn, ...resource }));
}

/**
 * Runs work once for each program: facts about the stack, which cannot be passed to a resource as an argument. Two
 * programs in one process, and two runs of one program, each have their own: inline programs of the Automation API, in
 * sequence or in parallel.
 *
 * @param work if it fails, it fails for all callers in the same program
 */
export function oncePerProgram<T>(work: () => Promise<T>): () => Promise<T> {
  const done = new WeakMap<pulumi.ComponentResource, Promise<T>>();
  /** For programs without a root resource, as in unit tests with the SDK's mocks. */
  const doneByName = new Map<string, Promise<T>>();
  return () => {
    // The SDK has one for each running program, in its asynchronous context.
    const root: pulumi.ComponentResource | undefined = pulumi.runtime.getStackResource();
    const pending = (root === undefined ? doneByName.get(stackName()) : done.get(root)) ?? work();
    if (root === undefined) doneByName.set(stackName(), pending);
    else done.set(root, pending);
    return pending;
  };
}

/** Finds the first resource of a type and name. The list must not change after the first call. */
export function findHeld(
  resources: readonly HeldResource[],
  type: string,
  name: string,
): HeldResource | undefined {
  return byTypeAndName(resources).get(keyOf(type, name));
}

const byTypeAndName = oncePer(
  (resources: readonly HeldResource[]) =>
    new Map(resources.toReversed().map((one) => [keyOf(one.type, nameOfUrn(one.urn)), one])),
);

function keyOf(type: string, name: string): string {
  return `${type}::${name}`;
}

/** Returns this stack's full name: `organization/project/stack`. */
export function stackName(): string {
  return `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
}
