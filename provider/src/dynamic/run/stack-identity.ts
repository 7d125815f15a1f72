import type { SlotInput } from "../../names/slot";

/**
 * The name that the stack has in this run. The state keeps the one under which each object was made; a stack that was
 * renamed or moved since is recorded under its present name, and its former record is found under the former one.
 */

/** As the program declares it; undefined where no program runs (`destroy`, `refresh`). */
let declared: string | undefined;
/** As the engine names it in its requests: the organization is not part of it. */
let requested: { project: string; stack: string } | undefined;
const former = new Set<string>();

/** Notes the stack's present name, and the other names that its state tells. */
export function noteDeclaredStack(stack: string, formerly: readonly string[] = []): void {
  declared = stack;
  for (const name of formerly) former.add(name);
}

/**
 * Gives the present name of the stack that a slot belongs to.
 *
 * @param slot what the program declares, or what the state holds
 */
export function presentStackOf({ stack: recorded }: Pick<SlotInput, "stack">): string {
  const present = declared ?? renamed(recorded);
  if (recorded !== "" && recorded !== present) former.add(recorded);
  return present;
}

/** Gives the names that the stack has had, as far as this run knows by now. */
export function formerStacks(): string[] {
  return [...former];
}

function renamed(recorded: string): string {
  const [organization, ...rest] = recorded.split("/");
  if (requested === undefined || organization === undefined || rest.length !== 2) return recorded;
  return `${organization}/${requested.project}/${requested.stack}`;
}

/** The part of a request of the engine's that is read: `urn:pulumi:<stack>::<project>::<type>::<name>`. */
interface ResourceRequest {
  getId(): string;
  getUrn?(): string;
}

/**
 * Notes the stack that the engine's requests name. The SDK's host passes a resource's id and properties to its provider,
 * and not its URN; `destroy` runs no program that could tell. Where the host has another form, the stack keeps the name
 * that the state holds.
 */
export function noteStackOfRequests(): void {
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
    if (stack !== undefined && project !== undefined) requested = { stack, project };
    return getId.call(this);
  };
}
