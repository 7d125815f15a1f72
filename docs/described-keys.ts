import { z } from "zod";

import { type ObjectSchema, unwrap } from "./sections";

/** A key as a schema describes it. */
export interface DescribedKey {
  /** Of a key in a nested object: `adopt.secretArn`. */
  name: string;
  schema: z.core.$ZodType;
  /** The schema's description. */
  meaning: string;
}

/**
 * Lists the keys of a schema, in the order of their declaration, including those of nested objects.
 *
 * @param elsewhere the schemas that have their own section: their keys are omitted
 * @throws if a key has no description
 */
export function describedKeys(
  { shape }: ObjectSchema,
  elsewhere: readonly z.core.$ZodType[] = [],
  prefix = "",
): DescribedKey[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const name = prefix + key;
    const meaning = descriptionOf(schema);
    if (meaning === undefined)
      throw new Error(`${name} has no description: give its schema one by describe().`);
    const { inner } = unwrap(schema);
    const within =
      inner instanceof z.ZodObject && !elsewhere.includes(inner)
        ? describedKeys(inner, elsewhere, `${name}.`)
        : [];
    return [{ name, schema, meaning }, ...within];
  });
}

function descriptionOf(schema: z.core.$ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.description;
}
