import { z } from "zod";

export const documented = z.object({
  /**
   * Holds another,
   * over two lines.
   */
  outer: z
    .strictObject({
      /** Is within. */
      inner: z.string(),
    })
    .optional(),
});

export const undocumented = z.object({
  /** Holds another. */
  outer: z.object({ inner: z.string() }),
});
