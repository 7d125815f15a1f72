import * as pulumi from "@pulumi/pulumi";

/*
 * The SDK takes the stack at each resource's constructor, and the engine stores up to eight of its frames with the
 * resource. They are a fifth of the state, which the engine writes at each step. Nobody reads them: they point into
 * `dist/`, and differ from machine to machine. The SDK has no option for it.
 *
 * @see node_modules/@pulumi/pulumi/resource.js, `Resource.stackTrace`
 */
Object.defineProperty(pulumi.Resource, "stackTrace", { value: () => [] });
