import { z } from "zod";

/** How a list is read page by page. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("How many items a page has at most."),
  after: z.string().min(1).max(500).optional().describe("`next` of the page before."),
});

/** A page of a list. */
export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodOptional<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().optional().describe("Absent on the last page.") });
}
