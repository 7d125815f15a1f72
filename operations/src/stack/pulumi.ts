import { execFile } from "node:child_process";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { printable, typedCommand } from "pulumi-resistant-tenants/internal/vocabulary";

/** Runs the user's `pulumi`, with the user's environment and login, without a shell. */
export interface Pulumi {
  /**
   * Runs a command about the stack.
   *
   * @returns Resolves with its standard output.
   * @throws {@link PulumiError} with its standard error
   */
  run(args: readonly string[]): Promise<string>;
  /** Runs a command that concerns no stack. */
  runWithoutStack(args: readonly string[]): Promise<string>;
  /** Writes a command as the user would type it for this stack. */
  typed(args: readonly string[]): string;
}

/** Returns the full name of the stack: `<organization>/<project>/<stack>`. */
export async function fullNameOf(pulumi: Pick<Pulumi, "run">): Promise<string> {
  return (await pulumi.run(["stack", "--show-name", "--fully-qualify-stack-names"])).trim();
}

/** Thrown when a `pulumi` command fails. */
export class PulumiError extends Error {
  override readonly name = "PulumiError";

  constructor(
    message: string,
    /** The command's output. */
    readonly written: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * `Pulumi.yaml` sets the preload for programs only.
 *
 * @returns the option for `NODE_OPTIONS` with which all Node.js processes of an engine start in half the time
 */
export function preloadOption(): string {
  return `--require=${JSON.stringify(require.resolve("pulumi-resistant-tenants/preload"))}`;
}

/** A state of ten thousand resources has about 50 MB. */
const longestOutput = 1024 * 1024 * 1024;

/**
 * @param stack the stack's name; undefined for the selected one
 * @param directory where it is run: the project's folder, or one below it
 * @param environment its environment variables
 */
export function pulumiFor(
  stack: string | undefined,
  directory: string,
  environment: EnvironmentVariables,
): Pulumi {
  const chosen = stack === undefined ? [] : ["--stack", stack];
  const options = { cwd: directory, env: environment };
  return {
    run: (args) => execute([...args, ...chosen], options),
    runWithoutStack: (args) => execute(args, options),
    typed: (args) => typedCommand(["pulumi", ...args, ...chosen]),
  };
}

/**
 * Lets simultaneous readers of the stack's state share one `stack export`. Any other command ends the sharing: later
 * readers get a new export.
 *
 * @returns the same commands
 */
export function sharingExports(pulumi: Pulumi): Pulumi {
  let underWay: Promise<string> | undefined;
  const exported = (args: readonly string[]): Promise<string> => {
    const reading = pulumi.run(args).finally(() => {
      if (underWay === reading) underWay = undefined;
    });
    return reading;
  };
  return {
    ...pulumi,
    run: (args) => {
      if (args.join(" ") === "stack export") return (underWay ??= exported(args));
      underWay = undefined;
      return pulumi.run(args);
    },
  };
}

function execute(
  args: readonly string[],
  where: { cwd: string; env: EnvironmentVariables },
): Promise<string> {
  const options = { ...where, maxBuffer: longestOutput, encoding: "utf8" } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(
      "pulumi",
      [...args, "--non-interactive", "--color", "never"],
      options,
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(failure(args, error, stdout, stderr));
      },
    );
    child.stdin?.end();
  });
}

function failure(args: readonly string[], error: Error, stdout: string, stderr: string): PulumiError {
  if ("code" in error && error.code === "ENOENT") {
    return pulumiMissing(error);
  }
  const said = (stderr.trim() === "" ? stdout : stderr)
    .trim()
    .split("\n")
    .slice(-8)
    .map(printable)
    .join("\n");
  return new PulumiError(`pulumi ${args.slice(0, 2).join(" ")} failed: ${said}`, `${stdout}${stderr}`, {
    cause: error,
  });
}

/** Returns the error for a `pulumi` that could not be started. */
export function pulumiMissing(cause: unknown): PulumiError {
  return new PulumiError(
    "There is no pulumi on the PATH. Install it: https://www.pulumi.com/docs/iac/download-install/",
    "",
    { cause },
  );
}

/** Selects a stack. */
export interface StackOptions {
  /** Its name; default: the selected stack (`pulumi stack select`). */
  stack?: string;
  /** The project's folder, or one below it; default: the current folder. */
  cwd?: string;
  /** Runs the engine's commands; default: the `pulumi` on the PATH, with the given environment. */
  pulumi?: Pulumi;
}
