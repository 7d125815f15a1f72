import type { Pulumi } from "./pulumi";

/** Which stack is meant. */
export interface StackOptions {
  /** Its name; default: the one that is selected (`pulumi stack select`). */
  stack?: string;
  /** The project's folder, or one below it; default: the present one. */
  cwd?: string;
  /** Runs the engine's commands; default: the `pulumi` on the PATH, with this process's own environment. */
  pulumi?: Pulumi;
}
