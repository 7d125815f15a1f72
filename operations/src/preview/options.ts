import { isDeepStrictEqual } from "node:util";

import { type Detail, tell } from "./details";
import type { ResourceState } from "./step";

/**
 * What the engine knows of a resource beside its inputs: its provider, its parent, what it depends on, whether it is
 * kept when it is deleted. Where these alone change, the engine counts the resource as the same.
 */

/** Lists of URNs; of the second, by input. */
const ofDependencies = ["dependencies", "propertyDependencies"];

/** Gives the options of a resource by name, dependencies aside. One that is off, or empty, is as good as none. */
export function decidingOptions({ options }: ResourceState): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .map(([name, value]) => [name, given(value)] as const)
      .filter(([name, value]) => value !== undefined && !ofDependencies.includes(name)),
  );
}

/**
 * Tells which options differ, dependencies aside.
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

/** Gives the URNs that a resource depended on and no longer does, sorted. */
export function lostDependencies(before: ResourceState, after: ResourceState): string[] {
  const is = new Set(dependenciesOf(after));
  return dependenciesOf(before).filter((urn) => !is.has(urn));
}

/** Gives the URNs that a resource depends on, sorted. */
export function dependenciesOf({ options }: ResourceState): string[] {
  const { dependencies, propertyDependencies } = options;
  const ofProperties = isRecord(propertyDependencies) ? Object.values(propertyDependencies) : [];
  const urns = [dependencies, ...ofProperties].flatMap(
    (list) => (Array.isArray(list) ? list : []) as unknown[],
  );
  return [...new Set(urns.filter((urn) => typeof urn === "string"))].sort();
}

/** Gives the URNs that one input of a resource depends on. */
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
