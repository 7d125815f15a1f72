import { z } from "zod";

import { isUnknown } from "../../names/unknown";

export { isUnknown };

/** The properties of a resource, as the engine passes them. */
export type Properties = Record<string, unknown>;

/** One input that is wrong, as the engine reports it. */
export interface CheckFailure {
  property: string;
  reason: string;
}

/** Leaves out the text of the provider itself, which the engine passes among the properties. */
export function withoutProvider(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== "__provider"));
}

/**
 * Checks the inputs of a resource against a schema; what a preview does not know yet is taken to be right.
 *
 * @returns the failures, each with its property, none where all is well
 */
export function checkInputs(schema: z.ZodObject, inputs: Properties): CheckFailure[] {
  const given = withoutProvider(inputs);
  const unknownNames = Object.keys(given).filter((name) => isUnknown(given[name]));
  const unknowns = Object.fromEntries(unknownNames.map((name) => [name, z.unknown()]));
  // A schema that is made anew is compiled anew.
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

/** Leaves out what is undefined: the engine's protocol has no such value, and an answer that holds one is lost. */
export function withoutUndefined(properties: object): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}
