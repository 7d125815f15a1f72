import { fstatSync } from "node:fs";

/**
 * Ends this process when its engine has ended. A killed engine leaves its providers running; one of them
 * would continue with a create whose response no one waits for, and could mistake what the next `up` creates
 * for its own lost object. The engine holds the other end of a provider's standard input, which closes with
 * it.
 */
export function endWithEngine(): void {
  if (!isProviderOfEngine()) return;
  process.stdin.once("end", () => process.exit(1)).resume();
}

/** Tests, and programs that use only the client, have another standard input. */
export function isProviderOfEngine(): boolean {
  return /[\\/]cmd[\\/]dynamic-provider\b/.test(process.argv[1] ?? "") && fstatSync(0).isFIFO();
}

/** A stack as the engine's requests name it, without the organization. */
export interface RequestedStack {
  project: string;
  stack: string;
}

/** The relevant part of an engine's request: `urn:pulumi:<stack>::<project>::<type>::<name>`. */
interface ResourceRequest {
  getId(): string;
  getUrn?(): string;
}

/**
 * Reads the stack's name from the engine's requests. The SDK's host passes a resource's id and properties to
 * its provider, but not its URN, and `destroy` runs no program that could pass the name. If the host's
 * implementation differs, the name in the state is used.
 *
 * It changes the SDK's own classes for the whole process, so only the process's entry point calls it.
 *
 * @param note called with the name in each request to delete something
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
