/** Thrown if a command was called wrongly, with the correct use. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
