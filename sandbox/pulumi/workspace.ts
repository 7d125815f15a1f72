import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { z } from "zod";

import { localEnvironment } from "../environment";
import { SandboxError } from "../errors";
import { type ProcessResult, runProcess } from "../process";
import type { PulumiCli } from "./cli";
import { type ConfigOverrides, copyConfigFile, overrideConfig } from "./config-file";

export interface WorkspaceOptions {
  readonly pulumi: PulumiCli;
  /** The stack's name; it is made anew. */
  readonly stack: string;
  /** The folder with `Pulumi.yaml`; default: the repository's root. */
  readonly projectDir?: string;
  /** The committed configuration to start from, such as `Pulumi.dev.yaml`; it is copied. Default: none. */
  readonly configFile?: string;
  /** What differs from it. Never a credential: those go by environment. */
  readonly config?: ConfigOverrides;
  /** Environment variables of the CLI and so of the program and the providers, beyond this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of installed plugins (`PULUMI_HOME/plugins`) to use; default: none are installed. */
  readonly pluginsFolder?: string;
}

export interface RunOptions {
  /** `terminal` shows the engine's own progress, live and in colour on a terminal; default: `capture`. */
  readonly stdout?: "terminal" | "capture";
  /** Variables for this command alone; undefined takes one out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Interrupts the command; the engine then finishes what is in flight and saves the state. */
  readonly signal?: AbortSignal;
}

/** A stack on the file backend in a temporary folder; the work tree is only read. */
export interface Workspace {
  /** The temporary folder: state, Pulumi's home with its logs, and the copied configuration. */
  readonly directory: string;
  /** The copied configuration. */
  readonly configFile: string;
  /** What the workspace adds to the environment; with it, any `pulumi` command typed in `projectDir` means this stack. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a `pulumi` command in the project's folder, such as `["up", "--yes"]`; resolves whatever the exit code is. */
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<ProcessResult>;
  /** Changes the copied configuration; the next command sees it. */
  readonly configure: (overrides: ConfigOverrides) => Promise<void>;
  /** Resolves with the stack's outputs, without secrets. */
  readonly outputs: () => Promise<Record<string, unknown>>;
  /** Resolves with the stack's state as it is stored: secrets are encrypted. */
  readonly exportState: () => Promise<StackState>;
  /** Deletes the temporary folder, and with it the state. */
  readonly remove: () => Promise<void>;
}

const stackState = z.looseObject({
  deployment: z.looseObject({
    resources: z
      .array(
        z.looseObject({
          urn: z.string(),
          type: z.string(),
          id: z.string().optional(),
          inputs: z.record(z.string(), z.unknown()).optional(),
          outputs: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .default([]),
  }),
});

/** A stack's stored state, as `pulumi stack export` writes it. */
export type StackState = z.infer<typeof stackState>;

const repositoryRoot = path.resolve(__dirname, "../..");

/**
 * Makes a workspace of its own for unattended runs: a stack on the file backend in a temporary folder, encrypted with a
 * passphrase, with a copy of the configuration.
 *
 * @throws SandboxError `BAD_CONFIGURATION` where the configuration is no YAML, `PROCESS_FAILED` where the stack cannot
 * be made.
 */
export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { pulumi, stack } = options;
  const projectDir = path.resolve(options.projectDir ?? repositoryRoot);
  const directory = await mkdtemp(path.join(os.tmpdir(), "resistant-tenants-"));
  const home = path.join(directory, "home");
  const state = path.join(directory, "state");
  const project = path.join(directory, "project");
  const configFile = path.join(project, `Pulumi.${stack}.yaml`);

  const env: Record<string, string> = {
    PATH: [pulumi.bin, process.env["PATH"] ?? ""].join(path.delimiter),
    PULUMI_HOME: home,
    // Without `metadata=skip` the backend keeps a second file beside each checkpoint, which it does not write at once: a
    // SIGKILL in that moment leaves it empty, and the state cannot be read ("failed to load checkpoint: EOF").
    PULUMI_BACKEND_URL: `file://${state}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_OPTION_CONFIG_FILE: configFile,
    PULUMI_OPTION_STACK: stack,
    ...options.env,
  };

  const execute = (args: readonly string[], cwd: string, run: RunOptions = {}): Promise<ProcessResult> => {
    return runProcess(path.join(pulumi.bin, "pulumi"), args, {
      cwd,
      env: { ...localEnvironment(process.env), ...env, ...run.env },
      output: run.stdout ?? "capture",
      ...(run.signal === undefined ? {} : { signal: run.signal }),
    });
  };

  const read = async (args: readonly string[]): Promise<unknown> => {
    const result = await execute(args, projectDir);
    if (result.exitCode !== 0) throw commandFailed(args, result);
    return JSON.parse(result.stdout);
  };

  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });

  try {
    await Promise.all([home, state, project].map((folder) => mkdir(folder)));
    await Promise.all([
      cp(path.join(projectDir, "Pulumi.yaml"), path.join(project, "Pulumi.yaml")),
      copyConfigFile(options.configFile, configFile),
      options.pluginsFolder === undefined
        ? undefined
        : symlink(options.pluginsFolder, path.join(home, "plugins"), "dir"),
    ]);
    if (options.config) await overrideConfig(configFile, options.config);
    // `stack init` writes the encryption's salt into the configuration beside Pulumi.yaml, whatever
    // PULUMI_OPTION_CONFIG_FILE says: so it runs beside the copy. It takes the stack's name as an argument only.
    const init = ["stack", "init", stack, "--non-interactive"];
    const result = await execute(init, project, { env: { PULUMI_OPTION_STACK: undefined } });
    if (result.exitCode !== 0) throw commandFailed(init, result);
  } catch (error) {
    await remove();
    throw error;
  }

  return {
    directory,
    configFile,
    env,
    run: (args, run) => execute(args, projectDir, run),
    configure: (overrides) => overrideConfig(configFile, overrides),
    outputs: async () => z.record(z.string(), z.unknown()).parse(await read(["stack", "output", "--json"])),
    exportState: async () => stackState.parse(await read(["stack", "export"])),
    remove,
  };
}

function commandFailed(args: readonly string[], result: ProcessResult): SandboxError {
  return new SandboxError(
    "PROCESS_FAILED",
    `pulumi ${args.join(" ")} ended with exit code ${result.exitCode}: ${result.stderr.trim()}`,
  );
}
