import { parseJson } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/**
 * A component records its data as one text. The engine visits each value of each output at each of its steps,
 * and the SDK each at its registration: as objects, the records of a hundred customers took a tenth of an
 * `up`.
 */

/** Reads the result of `canonical`; an earlier release recorded the object itself. */
export function packed<T extends z.ZodType>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess(unpack, schema);
}

function unpack(value: unknown): unknown {
  // The schema refuses what is no JSON.
  return typeof value === "string" ? (parseJson(value) ?? value) : value;
}
