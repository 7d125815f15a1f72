import { parseJson } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/**
 * A component records its data as one text. The engine visits each value of each output at each of its steps,
 * and the SDK each at its registration: as objects, the records of a hundred customers took a tenth of an
 * `up`.
 */

/** Writes a value as one text, the same for equal values: the order of an object's keys does not matter. */
export function pack(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

/** Reads the result of {@link pack}; an earlier release recorded the object itself. */
export function packed<T extends z.ZodType>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess(unpack, schema);
}

function unpack(value: unknown): unknown {
  // The schema refuses what is no JSON.
  return typeof value === "string" ? (parseJson(value) ?? value) : value;
}
