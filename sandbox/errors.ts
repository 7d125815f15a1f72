/** The codes of errors while the sandbox is set up, run or proved. */
export type SandboxErrorCode =
  | "PREREQUISITE_MISSING"
  | "INSTALL_FAILED"
  | "PROCESS_FAILED"
  | "TIMED_OUT"
  | "NOT_ANSWERING"
  | "BAD_CONFIGURATION"
  | "PROOF_FAILED"
  | "LEFT_RUNNING"
  | "INTERRUPTED";

/** Reports one clear reason why the sandbox cannot continue; the message says what to do. */
export class SandboxError extends Error {
  override readonly name = "SandboxError";

  constructor(
    readonly code: SandboxErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Returns the message of any thrown value, for use in another error's message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
