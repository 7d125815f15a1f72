import * as pulumi from "@pulumi/pulumi";

/**
 * Leaves out stack traces from now on. The SDK takes one in each resource's constructor, and the engine stores up to
 * eight of its frames with the resource: a fifth of the state, written at each step. No one reads them: they lead into
 * this package, and differ from machine to machine. The SDK has no option for it.
 *
 * @returns what lets the resources that follow have theirs again
 * @see node_modules/@pulumi/pulumi/resource.js, `Resource.stackTrace`
 */
export function leaveOutStackTraces(): () => void {
  const taken = Object.getOwnPropertyDescriptor(pulumi.Resource, "stackTrace");
  if (taken === undefined) return () => undefined;
  Object.defineProperty(pulumi.Resource, "stackTrace", { ...taken, value: () => [], configurable: true });
  return () => {
    Object.defineProperty(pulumi.Resource, "stackTrace", taken);
  };
}
