import { isDeepStrictEqual } from "node:util";

import { type Detail, tell } from "./details";
import type { ResourceState } from "./step";

/**
 * What the engine stores about a resource beside its inputs: its provider, its parent, its dependencies,
 * whether it is retained when deleted. If only these change, the engine counts the resource as unchanged.
 */

/** Lists of URNs; the second has one list per input. */
const ofDependencies = ["dependencies", "propertyDependencies"];

/** Returns the options of a resource by name, without dependencies. One that is off or empty counts as absent. */
export function decidingOptions({ options }: ResourceState): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .map(([name, value]) => [name, given(value)] as const)
      .filter(([name, value]) => value !== undefined && !ofDependencies.includes(name)),
  );
}

/**
 * Returns the options that differ, without dependencies.
 *
 * @param except options that may differ here
 */
export function changedOptions(
  before: ResourceState,
  after: ResourceState,
  except: readonly string[] = [],
): Detail[] {
  const [old, now] = [decidingOptions(before), decidingOptions(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names]
    .filter((name) => !except.includes(name))
    .sort()
    .flatMap((name): Detail[] => {
      const [was, is] = [old[name], now[name]];
      if (isDeepStrictEqual(was, is)) return [];
      const [told, toldNow] = [tell(name, was), tell(name, is)];
      return [
        {
          what: name,
          ...(told === undefined ? {} : { before: told }),
          ...(toldNow === undefined ? {} : { after: toldNow }),
        },
      ];
    });
}

/** Returns the URNs that a resource no longer depends on, sorted. */
export function lostDependencies(before: ResourceState, after: ResourceState): string[] {
  const is = new Set(dependenciesOf(after));
  return dependenciesOf(before).filter((urn) => !is.has(urn));
}

/** Returns the URNs that a resource depends on, sorted. */
export function dependenciesOf({ options }: ResourceState): string[] {
  const { dependencies, propertyDependencies } = options;
  const ofProperties = isRecord(propertyDependencies) ? Object.values(propertyDependencies) : [];
  const urns = [dependencies, ...ofProperties].flatMap(
    (list) => (Array.isArray(list) ? list : []) as unknown[],
  );
  return [...new Set(urns.filter((urn) => typeof urn === "string"))].sort();
}

/** Returns the URNs that one input of a resource depends on. */
export function dependenciesOfInput({ options }: ResourceState, input: string): unknown[] {
  const { propertyDependencies } = options;
  const list = isRecord(propertyDependencies) ? propertyDependencies[input] : undefined;
  return Array.isArray(list) ? (list as unknown[]) : [];
}

function given(value: unknown): unknown {
  const isEmpty =
    value === false ||
    value === "" ||
    value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (isRecord(value) && Object.keys(value).length === 0);
  if (isEmpty) return undefined;
  return Array.isArray(value) ? [...(value as unknown[])].sort() : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
