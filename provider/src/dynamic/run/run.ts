import type { TenantManagementApi } from "../../client/api";
import type { ApplicationCredentials } from "../../client/application-credentials";
import { oneAtATime } from "../../concurrency";
import type { Clock } from "../../settings/clock";
import type { OwnProcess } from "../../settings/own-process";
import type { Reach } from "../../settings/reach";
import type { ProviderSettings } from "../../settings/settings";
import { DeletionGuard } from "./deletion-guard";
import { HeldObjects } from "./held-objects";
import { KnownObjects } from "./known-objects";
import { OwnChanges } from "./own-changes";
import { RunRecord } from "./recorder";
import { CustomerChanges } from "./requested-applications";
import { type ConfigureRequest, Session } from "./session";
import { StackIdentity } from "./stack-identity";
import { ownSurroundings, type Surroundings } from "./surroundings";

/**
 * One run of the engine on one stack: its settings, its connection to the vendor, its record, and all that it has learnt
 * and done. The handlers of all resources of a run share one. Two runs share nothing.
 *
 * @example
 * ```ts
 * const run = new Run(ownProcess());
 * export const tenant = tenantHandler(run);
 * ```
 */
export class Run {
  readonly #session: Session;
  /** The name of this run's stack. */
  readonly stack = new StackIdentity();
  /** The objects of the stack before this run. */
  readonly held = new HeldObjects(this.stack);
  /** This run's changes at the vendor. */
  readonly own = new OwnChanges();
  /** This run's knowledge of the organization. */
  readonly known: KnownObjects;
  /** The journal and the audit log. */
  readonly record: RunRecord;
  /** Decides what may be deleted. */
  readonly guard: DeletionGuard;
  /** The changes of customers that the program has announced. */
  readonly customerChanges: CustomerChanges;
  /** Serializes creates that could not be told apart afterwards. */
  readonly oneAtATime = oneAtATime();
  /** Credentials of adopted applications, each tested once. */
  readonly provenCredentials = new Map<string, Promise<ApplicationCredentials>>();

  /**
   * @param process how the process of this run was started
   * @param surroundings its access to everything outside its process; default: the network, the disk and the
   * clock of this machine
   */
  constructor(process: OwnProcess, surroundings: Surroundings = ownSurroundings) {
    const { stack, held, own } = this;
    const session = new Session(process, surroundings);
    this.#session = session;
    this.known = new KnownObjects({ session, held, own });
    this.record = new RunRecord({ session, stack, held });
    this.guard = new DeletionGuard({ session, stack, record: this.record });
    this.customerChanges = new CustomerChanges(this.record);
  }

  /** Sets the stack's configuration: see {@link Session.configure}. */
  configure(request: ConfigureRequest): void {
    this.#session.configure(request);
  }

  /**
   * Ensures that the process was not started with a switch that writes credentials.
   *
   * @throws TenantManagementError `INPUT_INVALID` with what to unset
   */
  assertNothingReveals(): void {
    this.#session.assertNothingReveals();
  }

  /**
   * The stack's settings.
   *
   * @throws TenantManagementError `INPUT_INVALID` with all problems of the configuration
   */
  get settings(): ProviderSettings {
    return this.#session.settings;
  }

  /**
   * Access to the vendor and AWS.
   *
   * @throws TenantManagementError `INPUT_INVALID` if a proxy in the environment is invalid
   */
  get reach(): Reach {
    return this.#session.reach;
  }

  /** This run's access to everything outside its process. */
  get surroundings(): Surroundings {
    return this.#session.surroundings;
  }

  /** The first part of the names of the stack's secrets. */
  get secretPrefix(): string {
    return this.#session.secretPrefix;
  }

  /** The actor: the CI system's user, or else `user@host`. */
  get actor(): string {
    return this.#session.actor;
  }

  /** Returns the one API client of this run, which is created when it is first needed. */
  api(): Promise<TenantManagementApi> {
    return this.#session.api();
  }

  /**
   * Opens the clock by which credentials age.
   *
   * @throws TenantManagementError `INPUT_INVALID` if it is set incorrectly
   */
  openClock(): Clock {
    return this.#session.openClock();
  }
}
