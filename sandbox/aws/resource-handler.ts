import type { PropertyValues } from "./property-values";

/** A wrong input, as the engine reports it. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** The consequences of changed inputs for a resource. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/** The stand-in's handler of one type of resource. Inputs and outputs may contain secret marks at any depth. */
export interface ResourceHandler {
  /** Validates inputs and fills in defaults; `name` is the resource's name in the program. */
  readonly check: (
    name: string,
    olds: PropertyValues,
    news: PropertyValues,
  ) => { inputs: PropertyValues; failures: CheckFailure[] };
  readonly diff: (olds: PropertyValues, news: PropertyValues) => Difference;
  readonly create: (inputs: PropertyValues) => Promise<{ id: string; outputs: PropertyValues }>;
  /** Resolves with the resource's state, or undefined if it was deleted. */
  readonly read: (
    id: string,
    state: PropertyValues,
  ) => Promise<{ outputs: PropertyValues; importInputs: PropertyValues } | undefined>;
  readonly update: (id: string, olds: PropertyValues, news: PropertyValues) => Promise<PropertyValues>;
  readonly delete: (id: string, state: PropertyValues) => Promise<void>;
}

/**
 * How one input is compared with the state: whether a change replaces the resource, and which values count as
 * equal.
 */
export interface Comparison {
  readonly replaces: boolean;
  readonly same: (old: unknown, next: unknown) => boolean;
}

/** An optional string: absent and empty are equal. */
export const sameText = (old: unknown, next: unknown): boolean => (old ?? "") === (next ?? "");

/** An input that AWS fills in if the program omits it. */
export const sameWhereGiven = (old: unknown, next: unknown): boolean => next === undefined || old === next;
