import type { ProcessStart } from "./revealing-switches";

/** The environment variables of a process. They are read at its start, and passed as an argument. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** How a process was started: all that a run takes from it. */
export interface OwnProcess extends ProcessStart {
  /** The folder in which it was started: that of the project, or one below it. */
  directory: string;
}

/**
 * Reads how this process was started. This is the only place that reads environment variables; entry points call it,
 * and pass on the result.
 */
export function ownProcess(): OwnProcess {
  return {
    environment: process.env,
    flags: [...process.execArgv, ...process.argv.slice(2)],
    directory: process.cwd(),
  };
}
