import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { canonical, type Stage } from "pulumi-resistant-tenants/internal/vocabulary";
import { type Preview, readPreview } from "resistant-tenants-operations/preview/step";
import { followLines, problemIn } from "resistant-tenants-operations/stack/engine-output";
import { listStacks } from "resistant-tenants-operations/stack/list";
import type { Pulumi } from "resistant-tenants-operations/stack/pulumi";
import { hasKey, readEncryption, writeStackFile } from "resistant-tenants-operations/stack/stack-file";
import { z } from "zod";

import { startingStateOf } from "../plan/starting-state";
import type { ServiceSettings } from "../settings/settings";
import { configurationOf } from "../settings/stage-configuration";
import { type CommandOptions, failure, pulumiOf, runCommand, succeed } from "./commands";
import { type EngineEvent, eventIn } from "./engine-events";
import { type EngineUser, engineVersion, findEngineUser } from "./engine-user";
import { engineEnvironment, foldersToLink } from "./environment";
import {
  giveFile,
  type JobFolder,
  makeJobFolder,
  type StackSettings,
  stackSettingsSchema,
} from "./job-folder";
import { Places } from "./places";
import type { Program } from "./program";
import type { Session } from "./sessions";

/** A job for an engine. */
export interface Job {
  /** The name of its folder. */
  id: string;
  stage: Stage;
  /** The stack's short name. */
  stack: string;
  reason: string;
  /** The entries of `tenants:customers`. */
  customers: readonly Readonly<Record<string, unknown>>[];
  /** How the stack's secrets are encrypted; undefined if it was never created. */
  settings: StackSettings | undefined;
  /** Called with each engine's session before it starts its work. */
  onStart?: (session: Session) => Promise<void>;
  /** Ends the engines. */
  signal?: AbortSignal;
}

/** The result of a preview. */
export interface PreviewResult {
  preview: Preview;
  /** The engine's plan file. */
  plan: Buffer;
  policyViolations: string[];
}

/** Starts engines: one at a time per job, and as many jobs at once as the settings allow. */
export class Engines {
  readonly #places: Places;

  private constructor(
    private readonly settings: ServiceSettings,
    private readonly environment: EnvironmentVariables,
    readonly program: Program,
    /** The engine's version: another version makes another plan. */
    readonly version: string,
    private readonly user: EngineUser | undefined,
  ) {
    this.#places = new Places(settings.work.atOnce ?? availableParallelism());
  }

  /** @throws `SettingsError` if the engine's user cannot reach what it needs, or the engine does not run */
  static async open(
    settings: ServiceSettings,
    environment: EnvironmentVariables,
    program: Program,
  ): Promise<Engines> {
    const { directory, engineUser } = settings.work;
    await mkdir(directory, { recursive: true, mode: engineUser === undefined ? 0o700 : 0o711 });
    const user = await findEngineUser(settings, environment, program);
    return new Engines(settings, environment, program, await engineVersion(directory, environment), user);
  }

  /** Opens a folder for a job, and closes it at the end. */
  async with<T>(job: Job, work: (engine: Engine) => Promise<T>): Promise<T> {
    return this.#places.take(async () => {
      const directory = path.join(this.settings.work.directory, job.id);
      const folder = await makeJobFolder(directory, {
        program: this.program,
        stack: job.stack,
        linked: foldersToLink(this.environment),
        user: this.user,
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

  /** The environment of the engine, for operations beside it. */
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
   * Ensures that the stack exists, and writes its file. A worker killed in between leaves a stack without
   * stored settings: a non-empty state also contains them.
   *
   * @returns Resolves with the exported state.
   */
  async prepare(): Promise<unknown> {
    if (!hasKey(this.#settings)) await this.#findSettings();
    await this.write(this.job.customers);
    const exported = await this.export();
    const own = settingsIn(exported);
    if (!hasKey(own) || canonical(own) === canonical(this.#settings)) return exported;
    // The state decides how its secrets are encrypted: someone who has only the database cannot choose it.
    this.#settings = own;
    await this.write(this.job.customers);
    return exported;
  }

  /** Writes the stack's file with these customers. */
  async write(customers: Job["customers"]): Promise<void> {
    const { all } = configurationOf(this.service, this.job.stage, customers);
    await writeStackFile(this.folder.stackFile, this.#settings, all);
  }

  /** Exports the stack's state; its secrets are encrypted. */
  async export(): Promise<unknown> {
    return JSON.parse(await this.#succeed(["stack", "export", ...this.#stack]));
  }

  /**
   * Runs a preview. It changes nothing and takes no lock of the engine.
   *
   * @throws PulumiError with the refusal of the program or the engine
   */
  async preview(): Promise<PreviewResult> {
    const { plan } = this.folder;
    const steps = path.join(this.folder.directory, "preview.json");
    const args = ["preview", "--json", "--show-sames", "--save-plan", plan, ...this.#policy, ...this.#stack];
    const result = await runCommand([...args, ...quiet], this.#options());
    await writeFile(steps, result.stdout, { mode: 0o600 });
    if (result.exitCode !== 0) {
      const problem = problemIn(result.stdout)?.slice(0, longestProblem);
      throw problem === undefined ? failure(args, result) : new EngineProblem(problem);
    }
    return { preview: await readPreview(steps), plan: await readFile(plan), policyViolations: [] };
  }

  /**
   * Applies a plan after the engine's own preview: a refusal changes nothing.
   *
   * @param plan the engine's plan file; undefined after an interruption, when a part of it is done already
   * @param onEvent called for each step; after it fails it is not called again, and the update continues
   * @throws EngineProblem with what failed
   */
  async up(plan: Buffer | undefined, onEvent: (event: EngineEvent) => Promise<void>): Promise<void> {
    const file = path.join(this.folder.directory, "approved-plan.json");
    if (plan !== undefined) await giveFile(this.folder, file, plan);
    const args = ["up", "--yes", "--json", ...(plan === undefined ? [] : ["--plan", file])];
    const options = this.#options((stdout, ended) =>
      followLines(stdout, ended, async (line) => {
        const event = eventIn(line);
        if (event !== undefined) await onEvent(event);
      }),
    );
    const all = [...args, ...this.#policy, ...this.#stack, ...quiet];
    const result = await runCommand(all, options);
    if (result.exitCode === 0) return;
    const problem = problemIn(result.stdout)?.slice(0, longestProblem);
    throw new EngineProblem(problem ?? failure(args, result).message);
  }

  /**
   * Removes the stack. It may contain only itself and its providers, which exist only in the state.
   *
   * @throws EngineProblem if it contains more
   */
  async remove(): Promise<void> {
    const { size } = startingStateOf(await this.export());
    if (size > 0)
      throw new EngineProblem(
        `The stack still contains ${size} resources. Ask an administrator to retry it: the rest is shown.`,
      );
    await this.#succeed(["stack", "rm", "--yes", "--force", "--preserve-config", ...this.#stack]);
  }

  /** Returns whether the backend has the stack. */
  async exists(): Promise<boolean> {
    const listed = await listStacks(this.pulumi);
    return listed.some(({ name }) => name.split("/").at(-1) === this.job.stack);
  }

  async #findSettings(): Promise<void> {
    if (await this.exists()) {
      this.#settings = settingsIn(await this.export());
      if (hasKey(this.#settings)) return;
      await this.remove();
    }
    const { secretsProvider } = this.service.work;
    const provider = secretsProvider === undefined ? [] : ["--secrets-provider", secretsProvider];
    // The command writes beside Pulumi.yaml, independent of the environment.
    const options = this.#options();
    const init = ["stack", "init", this.job.stack, "--no-select", ...provider, ...quiet];
    await succeed(init, { ...options, env: this.#env });
    this.#settings = await readEncryption(this.folder.stackFile);
  }

  get #stage(): { allowedHosts: string[] } {
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
      user: this.folder.user,
      ...(onStart === undefined ? {} : { onStart }),
      ...(signal === undefined ? {} : { signal }),
      ...(whileRunning === undefined ? {} : { whileRunning }),
    };
  }
}

/** The longest reported problem, in characters: longer ones are cut at the end. */
const longestProblem = 4_000;

const quiet = ["--non-interactive", "--color", "never"];

/** A refusal or failure, in the program's or the engine's words. It contains no credential. */
export class EngineProblem extends Error {
  override readonly name = "EngineProblem";
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
