import type { Pulumi } from "./stack/pulumi";

/** Says that something was asked for wrongly, and how to ask for it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Which stack is meant. */
export interface StackOptions {
  /** Its name; default: the one that is selected (`pulumi stack select`). */
  stack?: string;
  /** The project's folder, or one below it; default: the present one. */
  cwd?: string;
  /** Runs the engine's commands; default: the `pulumi` on the PATH, with this process's own environment. */
  pulumi?: Pulumi;
}
