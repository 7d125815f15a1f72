import type { TenantManagementApi } from "../../client/api";
import { TenantManagementError } from "../../client/errors";
import { onceForAll } from "../../concurrency";
import { defaultSecretPrefix } from "../../names/resource-name";
import { actor } from "../../organization/actor";
import { type Clock, openClock } from "../../settings/clock";
import type { EnvironmentVariables } from "../../settings/environment";
import type { OwnProcess } from "../../settings/own-process";
import type { Reach } from "../../settings/reach";
import { revealingProblem } from "../../settings/revealing-switches";
import {
  allowedHostsIn,
  describeProblems,
  type ProviderSettings,
  readSettings,
} from "../../settings/settings";
import type { Surroundings } from "./surroundings";

/** The part of the SDK's `ConfigureRequest` that is read. */
export interface ConfigureRequest {
  config: { get(key: string): string | undefined };
}

/**
 * What a run has once, whatever the number of its resources: the settings, the connection pool and the access token.
 * Nothing is asked of the network before the first call to the API.
 */
export class Session {
  readonly #process: OwnProcess;
  #settings: ProviderSettings | undefined;
  #reach: Reach | undefined;
  #secretPrefix = defaultSecretPrefix;
  #configurationError: Error | undefined;
  #startError: Error | undefined;

  /** How this run reaches everything outside its process. */
  readonly surroundings: Surroundings;

  /** @param process how the process of this run was started */
  constructor(process: OwnProcess, surroundings: Surroundings) {
    this.#process = process;
    this.surroundings = surroundings;
  }

  /**
   * Takes the stack's configuration. It is synchronous: the engine's host caches a provider before it has configured
   * it, and a second call may come in between.
   */
  configure({ config }: ConfigureRequest): void {
    const problem = revealingProblem(config.get("tenants:stage"), this.#process);
    if (problem !== undefined) this.#startError = new TenantManagementError("INPUT_INVALID", problem);
    this.#secretPrefix = config.get("tenants:secretPrefix") ?? defaultSecretPrefix;
    const aws = (key: string): string | undefined => config.get(`aws:${key}`);
    const read = readSettings((key) => config.get(`tenants:${key}`), {
      allowedHosts: allowedHostsIn(this.environment),
      aws,
    });
    if ("settings" in read) this.#settings = read.settings;
    else
      this.#configurationError = new TenantManagementError("INPUT_INVALID", describeProblems(read.problems));
    try {
      this.#reach = this.surroundings.reach(this.environment, aws);
    } catch (error) {
      this.#configurationError ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  /**
   * Makes sure that the process was not started in a way that writes credentials down.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` with what to unset
   */
  assertNothingReveals(): void {
    if (this.#startError !== undefined) throw this.#startError;
  }

  /** The environment variables of this run. */
  get environment(): EnvironmentVariables {
    return this.#process.environment;
  }

  /** The folder in which this run was started: that of the project, or one below it. */
  get directory(): string {
    return this.#process.directory;
  }

  /**
   * The settings of this run.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` with all that is wrong with the configuration
   */
  get settings(): ProviderSettings {
    return this.#settings ?? this.#notConfigured();
  }

  /**
   * How this run reaches the vendor and AWS.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` where the environment names a proxy that is none
   */
  get reach(): Reach {
    return this.#reach ?? this.#notConfigured();
  }

  /** The first part of the names of the stack's secrets. */
  get secretPrefix(): string {
    return this.#secretPrefix;
  }

  /** Gives the one API client of this run, made when it is first needed. */
  readonly api: () => Promise<TenantManagementApi> = onceForAll(() =>
    this.surroundings.connect(this.settings, this.reach, this.environment),
  );

  /**
   * Opens the clock by which credentials age.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` where it is set wrongly
   */
  openClock(): Clock {
    return openClock(this.settings.apiUrl, this.environment);
  }

  /** Who acts: see `actor`. */
  get actor(): string {
    return actor(this.environment);
  }

  #notConfigured(): never {
    throw this.#configurationError ?? new Error("The provider was called before it was configured.");
  }
}
