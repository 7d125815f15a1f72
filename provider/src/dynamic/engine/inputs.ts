import { z } from "zod";

import { isUnknown } from "../../names/unknown";

export { isUnknown };

/** The properties of a resource, as the engine passes them. */
export type Properties = Record<string, unknown>;

/** A wrong input, as the engine reports it. */
export interface CheckFailure {
  property: string;
  reason: string;
}

/** Removes the text of the provider itself, which the engine passes with the properties. */
export function withoutProvider(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== "__provider"));
}

/**
 * Checks the inputs of a resource against a schema; values that a preview does not know yet count as valid.
 *
 * @returns the failures, each with its property; empty if there are none
 */
export function checkInputs(schema: z.ZodObject, inputs: Properties): CheckFailure[] {
  const given = withoutProvider(inputs);
  const unknownNames = Object.keys(given).filter((name) => isUnknown(given[name]));
  const unknowns = Object.fromEntries(unknownNames.map((name) => [name, z.unknown()]));
  // Each new schema must be compiled.
  const parsed = (unknownNames.length === 0 ? schema : schema.extend(unknowns)).safeParse(given);
  return parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({
        property: [
          ...issue.path,
          ...(issue.code === "unrecognized_keys" ? [issue.keys.join(", ")] : []),
        ].join("."),
        reason: issue.message,
      }));
}

/** Removes undefined values, which the engine's protocol lacks: a response with one would be lost. */
export function withoutUndefined(properties: object): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}
