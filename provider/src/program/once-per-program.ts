import * as pulumi from "@pulumi/pulumi";

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
