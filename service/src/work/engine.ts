import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";
import { type Preview, readPreview } from "resistant-tenants-operations/preview/step";
import type { Pulumi } from "resistant-tenants-operations/stack/pulumi";
import { z } from "zod";

import type { ServiceSettings } from "../settings/settings";
import { type CommandOptions, failure, pulumiOf, runCommand, succeed } from "./commands";
import { type EngineEvent, followEvents, problemIn } from "./engine-events";
import { engineEnvironment } from "./environment";
import {
  type JobFolder,
  makeJobFolder,
  readStackSettings,
  type StackSettings,
  stackSettingsSchema,
  writeStackFile,
} from "./job-folder";
import { Places } from "./places";
import type { Program } from "./program";
import type { Session } from "./sessions";
import { startingStateOf } from "./starting-state";

/** What an engine is started for. */
export interface Job {
  /** Names its folder. */
  id: string;
  stage: Stage;
  /** The stack's own name. */
  stack: string;
  reason: string;
  /** The entries of `tenants:customers`. */
  customers: readonly Readonly<Record<string, unknown>>[];
  /** How the stack's secrets are encrypted; undefined where it was never made. */
  settings: StackSettings | undefined;
  /** Is told of each engine before it begins its work. */
  onStart?: (session: Session) => Promise<void>;
  /** Ends the engines. */
  signal?: AbortSignal;
}

/** What a preview found. */
export interface PreviewResult {
  preview: Preview;
  /** The engine's plan file. */
  plan: Buffer;
  policyViolations: string[];
}

/** Starts engines: one process per job at a time, and as many jobs at once as the settings say. */
export class Engines {
  readonly #places: Places;

  private constructor(
    private readonly settings: ServiceSettings,
    private readonly environment: EnvironmentVariables,
    readonly program: Program,
    /** The engine's own version: another one makes another plan. */
    readonly version: string,
  ) {
    this.#places = new Places(settings.work.atOnce ?? availableParallelism());
  }

  /** @throws where the engine does not answer */
  static async open(
    settings: ServiceSettings,
    environment: EnvironmentVariables,
    program: Program,
  ): Promise<Engines> {
    const { PATH: searchPath = "" } = environment;
    const env = { PATH: searchPath, HOME: settings.work.directory, PULUMI_SKIP_UPDATE_CHECK: "true" };
    await mkdir(settings.work.directory, { recursive: true, mode: 0o700 });
    const { stdout } = await promisify(execFile)("pulumi", ["version"], { env });
    await rm(path.join(settings.work.directory, ".pulumi"), { recursive: true, force: true });
    return new Engines(settings, environment, program, stdout.trim());
  }

  /** Opens a folder for a job, and closes it at the end. */
  async with<T>(job: Job, work: (engine: Engine) => Promise<T>): Promise<T> {
    return this.#places.take(async () => {
      const directory = path.join(this.settings.work.directory, job.id);
      const home = this.environment["PULUMI_HOME"];
      const folder = await makeJobFolder(directory, {
        program: this.program,
        stack: job.stack,
        plugins: home === undefined ? undefined : path.join(home, "plugins"),
      });
      try {
        return await work(new Engine(this.settings, this.environment, folder, job));
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  }
}

/** The engine of one job. */
export class Engine {
  #settings: StackSettings;
  readonly #env: Record<string, string>;

  constructor(
    private readonly service: ServiceSettings,
    environment: EnvironmentVariables,
    private readonly folder: JobFolder,
    private readonly job: Job,
  ) {
    this.#settings = job.settings ?? {};
    this.#env = engineEnvironment(environment, {
      directory: folder.directory,
      backendUrl: service.work.backendUrl,
      reason: job.reason,
      allowedHosts: this.#stage.allowedHosts,
    });
  }

  /** How the stack's secrets are encrypted. */
  get stackSettings(): StackSettings {
    return this.#settings;
  }

  /** The environment of the engine, for what `operations/` does beside it. */
  get environment(): Readonly<Record<string, string>> {
    return { ...this.#env, PULUMI_OPTION_CONFIG_FILE: this.folder.stackFile };
  }

  /** The folder in which the engine runs. */
  get project(): string {
    return this.folder.project;
  }

  /** Runs the engine's commands for `operations/`. */
  get pulumi(): Pulumi {
    return pulumiOf(this.job.stack, this.#options());
  }

  /**
   * Sees that the stack is there, and writes its file. Whoever was killed between the two left a stack whose settings
   * nobody stored: the state has them, too, as soon as it holds anything.
   *
   * @returns Resolves with the exported state.
   */
  async prepare(): Promise<unknown> {
    if (!isSet(this.#settings)) await this.#findSettings();
    await this.write(this.job.customers);
    return this.export();
  }

  /** Writes the stack's file with these customers. */
  async write(customers: Job["customers"]): Promise<void> {
    const { work } = this.service;
    await writeStackFile(this.folder, this.#settings, {
      ...this.#stage.configuration,
      "tenants:stage": this.job.stage,
      "tenants:journal": work.journal,
      "tenants:customers": customers,
    });
  }

  /** Reads the stack's state; secrets in it are encrypted. */
  async export(): Promise<unknown> {
    return JSON.parse(await this.#succeed(["stack", "export", ...this.#stack]));
  }

  /**
   * Runs a preview. It changes nothing, and takes no lock of the engine's.
   *
   * @throws PulumiError with what the program or the engine refuses
   */
  async preview(): Promise<PreviewResult> {
    const plan = path.join(this.folder.directory, "plan.json");
    const steps = path.join(this.folder.directory, "preview.json");
    const args = ["preview", "--json", "--show-sames", "--save-plan", plan, ...this.#policy, ...this.#stack];
    const result = await runCommand([...args, ...quiet], this.#options());
    await writeFile(steps, result.stdout, { mode: 0o600 });
    if (result.exitCode !== 0) {
      const problem = problemIn(result.stdout);
      throw problem === undefined ? failure(args, result) : new EngineProblem(problem);
    }
    return { preview: await readPreview(steps), plan: await readFile(plan), policyViolations: [] };
  }

  /**
   * Applies a plan, with the engine's own preview before it: a refusal changes nothing.
   *
   * @param plan the engine's plan file; undefined after an interruption, when a part of it is done already
   * @param onEvent is told of each step
   * @throws EngineProblem with what did not succeed
   */
  async up(plan: Buffer | undefined, onEvent: (event: EngineEvent) => Promise<void>): Promise<void> {
    const file = path.join(this.folder.directory, "approved-plan.json");
    if (plan !== undefined) await writeFile(file, plan, { mode: 0o600 });
    const args = ["up", "--yes", "--json", ...(plan === undefined ? [] : ["--plan", file])];
    const options = this.#options((stdout, ended) => followEvents(stdout, ended, onEvent));
    const all = [...args, ...this.#policy, ...this.#stack, ...quiet];
    const result = await runCommand(all, options);
    if (result.exitCode === 0) return;
    throw new EngineProblem(problemIn(result.stdout) ?? failure(args, result).message);
  }

  /**
   * Removes the stack. What it may still hold is itself and its providers, which are nothing beyond the state.
   *
   * @throws EngineProblem where it holds more
   */
  async remove(): Promise<void> {
    const { size } = startingStateOf(await this.export());
    if (size > 0)
      throw new EngineProblem(
        `The stack still holds ${size} resources. Have it tried again: what is left is shown.`,
      );
    await this.#succeed(["stack", "rm", "--yes", "--force", "--preserve-config", ...this.#stack]);
  }

  /** Tells whether the backend has the stack. */
  async exists(): Promise<boolean> {
    const listed = z
      .array(z.object({ name: z.string() }))
      .parse(JSON.parse(await this.#succeed(["stack", "ls", "--json"])));
    return listed.some(({ name }) => name.split("/").at(-1) === this.job.stack);
  }

  async #findSettings(): Promise<void> {
    if (await this.exists()) {
      this.#settings = settingsIn(await this.export());
      if (isSet(this.#settings)) return;
      await this.remove();
    }
    const { secretsProvider } = this.service.work;
    const provider = secretsProvider === undefined ? [] : ["--secrets-provider", secretsProvider];
    // It writes beside Pulumi.yaml, whatever the environment says.
    const options = this.#options();
    const init = ["stack", "init", this.job.stack, "--no-select", ...provider, ...quiet];
    await succeed(init, { ...options, env: this.#env });
    this.#settings = await readStackSettings(this.folder);
  }

  get #stage(): { configuration: Record<string, unknown>; allowedHosts: string[] } {
    const stage = this.service.stages[this.job.stage];
    if (stage === undefined) throw new Error(`service.yaml has no stage ${this.job.stage}.`);
    return stage;
  }

  get #stack(): string[] {
    return ["--stack", this.job.stack];
  }

  get #policy(): string[] {
    const { policyPack } = this.service.work;
    return policyPack === undefined ? [] : ["--policy-pack", policyPack];
  }

  #succeed(args: readonly string[]): Promise<string> {
    return succeed([...args, ...quiet], this.#options());
  }

  #options(whileRunning?: CommandOptions["whileRunning"]): CommandOptions {
    const { onStart, signal } = this.job;
    return {
      env: this.environment,
      cwd: this.folder.project,
      output: this.folder.output,
      ...(onStart === undefined ? {} : { onStart }),
      ...(signal === undefined ? {} : { signal }),
      ...(whileRunning === undefined ? {} : { whileRunning }),
    };
  }
}

const quiet = ["--non-interactive", "--color", "never"];

/** What the program or the engine says that it refuses, or could not do. It holds no credential. */
export class EngineProblem extends Error {
  override readonly name = "EngineProblem";
}

function isSet(settings: StackSettings): boolean {
  return settings.encryptionsalt !== undefined || settings.encryptedkey !== undefined;
}

/** Reads from a state how its secrets are encrypted. */
function settingsIn(exported: unknown): StackSettings {
  const { deployment } = z
    .object({
      deployment: z
        .object({
          secrets_providers: z
            .object({ type: z.string(), state: z.record(z.string(), z.unknown()).default({}) })
            .optional(),
        })
        .nullable(),
    })
    .parse(exported);
  const state = deployment?.secrets_providers?.state ?? {};
  return stackSettingsSchema.parse({
    ...(typeof state["salt"] === "string" ? { encryptionsalt: state["salt"] } : {}),
    ...(typeof state["encryptedkey"] === "string" && typeof state["url"] === "string"
      ? { encryptedkey: state["encryptedkey"], secretsprovider: state["url"] }
      : {}),
  });
}
