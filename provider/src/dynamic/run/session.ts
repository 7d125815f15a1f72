import type { TenantManagementApi } from "../../client/api";
import { TenantManagementError } from "../../client/errors";
import { onceForAll } from "../../concurrency";
import { defaultSecretPrefix } from "../../names/resource-name";
import { actor } from "../../settings/actor";
import { type Clock, openClock } from "../../settings/clock";
import type { EnvironmentVariables, OwnProcess } from "../../settings/own-process";
import type { Reach } from "../../settings/reach";
import { revealingProblem } from "../../settings/revealing-switches";
import {
  allowedHostsIn,
  describeProblems,
  type ProviderSettings,
  readSettings,
} from "../../settings/settings";
import type { Surroundings } from "./surroundings";

/** The relevant part of the SDK's `ConfigureRequest`. */
export interface ConfigureRequest {
  config: { get(key: string): string | undefined };
}

/**
 * What all resources of a run share: the settings, the connection pool and the access token. Nothing is sent before the
 * first call to the API.
 */
export class Session {
  readonly #process: OwnProcess;
  #settings: ProviderSettings | undefined;
  #reach: Reach | undefined;
  #secretPrefix = defaultSecretPrefix;
  #configurationError: Error | undefined;
  #startError: Error | undefined;

  /** This run's access to everything outside its process. */
  readonly surroundings: Surroundings;

  /** @param process how the process of this run was started */
  constructor(process: OwnProcess, surroundings: Surroundings) {
    this.#process = process;
    this.surroundings = surroundings;
  }

  /**
   * Sets the stack's configuration. It is synchronous: the engine's host caches a provider before it has
   * configured it, and a second call may come in between.
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
   * Ensures that the process was not started with a switch that writes credentials.
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

  /** The folder in which this run was started: the project's, or one below it. */
  get directory(): string {
    return this.#process.directory;
  }

  /**
   * The settings of this run.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` with all problems of the configuration
   */
  get settings(): ProviderSettings {
    return this.#settings ?? this.#notConfigured();
  }

  /**
   * This run's access to the vendor and AWS.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` if a proxy in the environment is invalid
   */
  get reach(): Reach {
    return this.#reach ?? this.#notConfigured();
  }

  /** The first part of the names of the stack's secrets. */
  get secretPrefix(): string {
    return this.#secretPrefix;
  }

  /** Returns the one API client of this run, which is created when it is first needed. */
  readonly api: () => Promise<TenantManagementApi> = onceForAll(() =>
    this.surroundings.connect(this.settings, this.reach, this.environment),
  );

  /**
   * Opens the clock by which credentials age.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` if it is set incorrectly
   */
  openClock(): Clock {
    return openClock(this.settings.apiUrl, this.environment);
  }

  /** The actor: see `actor`. */
  get actor(): string {
    return actor(this.environment);
  }

  #notConfigured(): never {
    throw this.#configurationError ?? new Error("The provider was called before it was configured.");
  }
}
