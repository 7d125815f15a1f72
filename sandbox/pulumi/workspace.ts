import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { z } from "zod";

import { localEnvironment } from "../environment";
import { SandboxError } from "../errors";
import { type ProcessResult, runProcess } from "../process";
import type { PulumiCli } from "./cli";
import { type ConfigOverrides, copyConfigFile, overrideConfig, writeEncryption } from "./config-file";

export interface WorkspaceOptions {
  readonly pulumi: PulumiCli;
  /** The name of the new stack. */
  readonly stack: string;
  /** The folder of `Pulumi.yaml`; default: the repository's root. */
  readonly projectDir?: string;
  /** The committed configuration to copy, such as `Pulumi.dev.yaml`. Default: none. */
  readonly configFile?: string;
  /** The differences from it, without credentials, which are passed by the environment. */
  readonly config?: ConfigOverrides;
  /** Further environment variables of the CLI, and so of the program and the providers. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of installed plugins to use (`PULUMI_HOME/plugins`); default: none. */
  readonly pluginsFolder?: string;
  /** Encrypts the new stack's secrets, such as `awskms://…`; default: a passphrase. */
  readonly secretsProvider?: string;
  /** A stack of the same project and name, with the same encryption, to start from, instead of a new one. */
  readonly initialized?: InitializedStack;
}

/** A stack after `pulumi stack init`. */
export interface InitializedStack {
  /** The folder of the file backend. */
  readonly state: string;
  /** How its secrets are encrypted, as its configuration says. */
  readonly encryption: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** `terminal` shows the engine's progress, live and in colour on a terminal; default: `capture`. */
  readonly stdout?: "terminal" | "capture";
  /** Variables for this command only; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Interrupts the command; the engine then finishes its requests in flight and saves the state. */
  readonly signal?: AbortSignal;
}

/** A stack on the file backend in a temporary folder; the work tree is only read. */
export interface Workspace {
  /** The temporary folder: state, Pulumi's home with its logs, and the copied configuration. */
  readonly directory: string;
  /** The copied configuration. */
  readonly configFile: string;
  /** The variables that the workspace adds: with them, any `pulumi` command typed in `projectDir` uses this stack. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a `pulumi` command in the project's folder, such as `["up", "--yes"]`; resolves with any exit code. */
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<ProcessResult>;
  /** Changes the copied configuration for the next commands. */
  readonly configure: (overrides: ConfigOverrides) => Promise<void>;
  /** Resolves with the stack's outputs, without secrets. */
  readonly outputs: () => Promise<Record<string, unknown>>;
  /** Resolves with the stack's stored state, in which secrets are encrypted. */
  readonly exportState: () => Promise<StackState>;
  /** Deletes the temporary folder, including the state. */
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

/** A stack's stored state, as in `pulumi stack export`. */
export type StackState = z.infer<typeof stackState>;

const repositoryRoot = path.resolve(__dirname, "../..");

/**
 * Creates a workspace for unattended runs: a stack on the file backend in a temporary folder, with a copy of the
 * configuration.
 *
 * @throws SandboxError `BAD_CONFIGURATION` if the configuration is not YAML, `PROCESS_FAILED` if the stack
 * cannot be created.
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
    // Without `metadata=skip` the backend keeps a second file beside each checkpoint, which it writes a
    // moment later: a SIGKILL at that moment leaves it empty, and the state unreadable ("failed to load
    // checkpoint: EOF").
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

  const workspace: Workspace = {
    directory,
    configFile,
    env,
    run: (args, run) => execute(args, projectDir, run),
    configure: (overrides) => overrideConfig(configFile, overrides),
    outputs: async () => z.record(z.string(), z.unknown()).parse(await read(["stack", "output", "--json"])),
    exportState: async () => stackState.parse(await read(["stack", "export"])),
    remove,
  };

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
    if (options.initialized !== undefined) {
      await cp(options.initialized.state, state, { recursive: true });
      await writeEncryption(configFile, options.initialized.encryption);
      return workspace;
    }
    // `stack init` writes the encryption's salt into the configuration beside Pulumi.yaml, whatever
    // PULUMI_OPTION_CONFIG_FILE says: so it runs beside the copy. It accepts the stack's name only as an
    // argument.
    const { secretsProvider } = options;
    const provider = secretsProvider === undefined ? [] : ["--secrets-provider", secretsProvider];
    const init = ["stack", "init", stack, "--non-interactive", ...provider];
    const result = await execute(init, project, { env: { PULUMI_OPTION_STACK: undefined } });
    if (result.exitCode !== 0) throw commandFailed(init, result);
  } catch (error) {
    await remove();
    throw error;
  }
  return workspace;
}

function commandFailed(args: readonly string[], result: ProcessResult): SandboxError {
  return new SandboxError(
    "PROCESS_FAILED",
    `pulumi ${args.join(" ")} ended with exit code ${result.exitCode}: ${result.stderr.trim()}`,
  );
}
