/** Says of a key that a strict schema does not know what to do with it. */
export const unknownKey = (issue: { code?: string; keys?: string[] }): string | undefined =>
  issue.code === "unrecognized_keys" ? "is not a known key: remove it, or mend its name" : undefined;
