/** Says that something was asked for wrongly, and how to ask for it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
