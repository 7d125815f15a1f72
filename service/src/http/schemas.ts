import type { Readable } from "node:stream";

import { z } from "zod";

/** An id of a request, a draft or the like, in lower case, as it is signed and compared. */
export const uuid = z.uuid().toLowerCase();

/** The address of a request. */
export const anId = z.object({ id: uuid });

/** The query of a paged list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("The most items on a page."),
  after: z.string().min(1).max(500).optional().describe("`next` of the previous page."),
});

/** Returns the schema of a page. */
export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodOptional<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().optional().describe("Absent on the last page.") });
}

/** A streamed response: JSON lines, or server-sent events. */
export const streamed = z.custom<Readable>().describe("Line by line.");
