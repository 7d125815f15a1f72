/** How every command ends. */
export const exitCodes = {
  /** All is well. */
  ok: 0,
  /** It could not do what it was asked for. */
  failed: 1,
  /** It was called wrongly. */
  usage: 2,
  /** It found something to do. */
  found: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
