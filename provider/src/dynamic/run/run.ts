import type { TenantManagementApi } from "../../client/api";
import type { ApplicationCredentials } from "../../client/application-credentials";
import { oneAtATime } from "../../concurrency";
import type { Clock } from "../../settings/clock";
import type { OwnProcess } from "../../settings/own-process";
import type { Reach } from "../../settings/reach";
import type { ProviderSettings } from "../../settings/settings";
import { CustomerChanges } from "./customer-change";
import { DeletionGuard } from "./deletion-guard";
import { HeldObjects } from "./held-objects";
import { KnownObjects } from "./known-objects";
import { OwnChanges } from "./own-changes";
import { RunRecord } from "./recorder";
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
  /** What the stack held before this run. */
  readonly held = new HeldObjects(this.stack);
  /** What this run has changed at the vendor. */
  readonly own = new OwnChanges();
  /** What this run knows of the organization. */
  readonly known: KnownObjects;
  /** The journal and the audit log. */
  readonly record: RunRecord;
  /** What must hold before anything is deleted. */
  readonly guard: DeletionGuard;
  /** The changes of customers that the program has announced. */
  readonly customerChanges: CustomerChanges;
  /** Keeps apart creates that could not be told apart afterwards. */
  readonly oneAtATime = oneAtATime();
  /** Credentials of adopted applications, each tried out once. */
  readonly provenCredentials = new Map<string, Promise<ApplicationCredentials>>();

  /**
   * @param process how the process of this run was started
   * @param surroundings how it reaches everything outside its process; default: the network, the disk and the clock of
   *   this machine
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

  /** Takes the stack's configuration: see {@link Session.configure}. */
  configure(request: ConfigureRequest): void {
    this.#session.configure(request);
  }

  /**
   * Makes sure that the process was not started in a way that writes credentials down.
   *
   * @throws TenantManagementError `INPUT_INVALID` with what to unset
   */
  assertNothingReveals(): void {
    this.#session.assertNothingReveals();
  }

  /**
   * The stack's settings.
   *
   * @throws TenantManagementError `INPUT_INVALID` with all that is wrong with the configuration
   */
  get settings(): ProviderSettings {
    return this.#session.settings;
  }

  /**
   * How the vendor and AWS are reached.
   *
   * @throws TenantManagementError `INPUT_INVALID` where the environment names a proxy that is none
   */
  get reach(): Reach {
    return this.#session.reach;
  }

  /** How this run reaches everything outside its process. */
  get surroundings(): Surroundings {
    return this.#session.surroundings;
  }

  /** The first part of the names of the stack's secrets. */
  get secretPrefix(): string {
    return this.#session.secretPrefix;
  }

  /** Who acts: the CI system's user, else `user@host`. */
  get actor(): string {
    return this.#session.actor;
  }

  /** Gives the one API client of this run, made when it is first needed. */
  api(): Promise<TenantManagementApi> {
    return this.#session.api();
  }

  /**
   * Opens the clock by which credentials age.
   *
   * @throws TenantManagementError `INPUT_INVALID` where it is set wrongly
   */
  openClock(): Clock {
    return this.#session.openClock();
  }
}
