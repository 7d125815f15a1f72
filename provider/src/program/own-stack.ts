import "./quiet-log";

import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

export { otherStackNames } from "../names/slot";
export { nameOfUrn, releasedType, tenantType } from "../names/resource-types";

/** A resource that the stack held when its last update ended. */
export interface HeldResource {
  urn: string;
  type: string;
  outputs: Record<string, unknown>;
}

const answerSchema = z.object({
  outputs: z.record(z.string(), z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()) })),
});

/**
 * Reads what this stack held when its last update ended, from the engine; once for the whole program. It is empty for
 * a new stack. It is a call and no resource: nothing of it lands in the state.
 */
export const resourcesOfLastUpdate: () => Promise<HeldResource[]> = oncePerProgram(readResources);

async function readResources(): Promise<HeldResource[]> {
  const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName: stackName(),
  });
  return Object.entries(answerSchema.parse(answer).outputs).map(([urn, resource]) => ({ urn, ...resource }));
}

/**
 * Makes work that is done once for each program: what a resource asks of its stack, which nobody could pass to it. Two
 * programs in one process, and two runs of one, have each its own: inline programs of the Automation API, one after the
 * other or side by side.
 *
 * @param work what fails, fails for all that ask in the same program
 */
export function oncePerProgram<T>(work: () => Promise<T>): () => Promise<T> {
  const done = new WeakMap<pulumi.ComponentResource, Promise<T>>();
  /** Of programs that run without a root resource, as in unit tests with the SDK's mocks. */
  const doneByName = new Map<string, Promise<T>>();
  return () => {
    // The SDK keeps it apart for each program that runs, in its asynchronous context.
    const root: pulumi.ComponentResource | undefined = pulumi.runtime.getStackResource();
    const pending = (root === undefined ? doneByName.get(stackName()) : done.get(root)) ?? work();
    if (root === undefined) doneByName.set(stackName(), pending);
    else done.set(root, pending);
    return pending;
  };
}

/** Gives this stack's full name: `organization/project/stack`. */
export function stackName(): string {
  return `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
}
