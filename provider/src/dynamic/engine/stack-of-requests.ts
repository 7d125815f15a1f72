import type { RequestedStack } from "../run/stack-identity";

/** The part of a request of the engine's that is read: `urn:pulumi:<stack>::<project>::<type>::<name>`. */
interface ResourceRequest {
  getId(): string;
  getUrn?(): string;
}

/**
 * Reads the stack that the engine's requests name. The SDK's host passes a resource's id and properties to its provider,
 * and not its URN; `destroy` runs no program that could tell. Where the host has another form, the stack keeps the name
 * that the state holds.
 *
 * It changes the SDK's own classes, and so is of the process: only its entry point calls it.
 *
 * @param note gets what each request to delete something names
 */
export function noteStackOfRequests(note: (requested: RequestedStack) => void): void {
  const file = Object.keys(require.cache).find((name) =>
    /[\\/]pulumi[\\/]proto[\\/]provider_pb\.js$/.test(name),
  );
  const requests = (file === undefined ? {} : (require.cache[file]?.exports ?? {})) as Record<
    string,
    { prototype?: ResourceRequest } | undefined
  >;
  const prototype = requests["DeleteRequest"]?.prototype;
  if (prototype === undefined || typeof prototype.getId !== "function") return;
  const getId = Object.getOwnPropertyDescriptor(prototype, "getId")?.value as ResourceRequest["getId"];
  prototype.getId = function (this: ResourceRequest): string {
    const [, stack, project] = /^urn:pulumi:([^:]+)::([^:]+)::/.exec(this.getUrn?.() ?? "") ?? [];
    if (stack !== undefined && project !== undefined) note({ stack, project });
    return getId.call(this);
  };
}
