import { setImmediate as nextTurn } from "node:timers/promises";

import {
  defaultRetryPolicy,
  OrganizationTokens,
  type RetryPolicy,
  TenantManagementApi,
} from "../../provider/src/client/index";
import { Pacer } from "../../provider/src/client/pacer";
import { Proxies } from "../../provider/src/client/proxies";
import type { Transport } from "../../provider/src/client/transport";
import { releasedHandler } from "../../provider/src/dynamic/application/released";
import { signingKeyHandler } from "../../provider/src/dynamic/application/signing-key";
import { tenantApplicationHandler } from "../../provider/src/dynamic/application/tenant-application";
import { Run } from "../../provider/src/dynamic/run/run";
import type { Surroundings } from "../../provider/src/dynamic/run/surroundings";
import { tenantHandler } from "../../provider/src/dynamic/tenant/tenant";
import type { Journal, StackRecord } from "../../provider/src/journal/index";
import {
  releasedType,
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "../../provider/src/names/resource-types";
import type { EnvironmentVariables } from "../../provider/src/settings/own-process";
import type { Stage } from "../../sandbox/api";
import { readConfiguration, type StackConfiguration } from "../../stacks/src/configuration/configuration";
import { type Declaration, toConfig } from "../fuzz/declared";
import type { Command } from "../fuzz/plan";
import type { Random } from "../fuzz/random";
import { apiUrl, SimulatedApi, tokenUrl } from "./api";
import { CommandLife, Killed } from "./command-life";
import {
  type Checkpoint,
  emptyCheckpoint,
  EngineCommand,
  type Program,
  type ResourceProvider,
} from "./engine-model";
import { JournalFile } from "./journal";
import { makeKeyPairAtOnce } from "./key-pairs";
import { programOf, type Said } from "./program";
import { SimulatedSecrets } from "./secrets";

export const project = "resistant-tenants";
export const stackOf: Record<Stage, string> = { testing: "dev", production: "prod" };

/** A command, and what it meets. */
export interface CommandOptions {
  command: Command | "destroy" | "preview";
  declaration: Declaration;
  /** The time by which credentials age, in milliseconds since 1970. */
  nowMs: number;
  life?: CommandLife;
  /** The URNs of what it is told to replace. */
  replaced?: ReadonlySet<string>;
  /** The type of the only resources that a refresh reads. */
  refreshed?: string;
  /** The program; default: the project's own. */
  program?: Program;
  /** Values of the configuration that the provider is given in place of the stack's own. */
  configured?: Readonly<Record<string, string>>;
  /** Environment variables of the provider in place of the stack's own. */
  environment?: EnvironmentVariables;
}

/** How a command ended. */
export interface CommandResult {
  end: "succeeded" | "failed" | "killed";
  /** What failed, in words. */
  failures: readonly string[];
  /** Whether one more `up` has something left to do. */
  needsAnotherUp: boolean;
}

/** Puts a fault of ours into the product, for a test of the simulator. */
export interface Sabotage {
  provider?: (type: string, provider: ResourceProvider) => ResourceProvider;
  journal?: (journal: Journal) => Journal;
  transport?: (transport: Transport) => Transport;
  /** Is given what a command's provider knows, before it is asked for anything. */
  run?: (run: Run) => void;
}

/** What a stack is simulated with. */
export interface SimulationOptions {
  stage: Stage;
  replacesLostApplications: boolean;
  /** The most steps of the engine at once. */
  parallelism: number;
  /** Whether an `up` goes on beside what fails (`--continue-on-error`). */
  continuesOnError: boolean;
  random: Random;
  /** Makes the vendor's ids, by which the list of tenants is ordered. */
  newId: () => string;
  sabotage?: Sabotage;
}

/** A stack of the project without the engine: its state, its journal, its secrets and the vendor, in this process. */
export class SimulatedStack {
  readonly secrets = new SimulatedSecrets();
  readonly name: string;
  checkpoint: Checkpoint = emptyCheckpoint;
  /** What failed in commands so far, for the report of a finding. */
  readonly printed: string[] = [];
  /** What its processes warned of. */
  readonly warnings: string[] = [];
  #replacesLostApplications: boolean;
  #clockMs = 0;

  private constructor(
    readonly journal: JournalFile,
    readonly api: SimulatedApi,
    private readonly options: SimulationOptions,
  ) {
    this.name = `organization/${project}/${stackOf[options.stage]}`;
    this.#replacesLostApplications = options.replacesLostApplications;
  }

  static async create(options: SimulationOptions): Promise<SimulatedStack> {
    const journal = new JournalFile();
    const api = await SimulatedApi.open(options.stage, () => journal.events(), options.newId);
    return new SimulatedStack(journal, api, options);
  }

  /** Makes another stack, with a vendor of its own, that is simulated with the same options. */
  another(): Promise<SimulatedStack> {
    return SimulatedStack.create(this.options);
  }

  get stage(): Stage {
    return this.options.stage;
  }

  /** How long its processes have waited so far, in milliseconds, by a clock that nothing waits for. */
  get waitedMs(): number {
    return this.#clockMs;
  }

  /** Whether `tenants:replaceLostApplications` is set. */
  get replacesLostApplications(): boolean {
    return this.#replacesLostApplications;
  }

  /** Sets `tenants:replaceLostApplications`. */
  replaceLostApplications(): void {
    this.#replacesLostApplications = true;
  }

  /** Takes a resource out of the state, as `pulumi state delete` does. */
  forget(type: string, name: string): void {
    const resources = this.checkpoint.resources.filter((one) => one.type !== type || one.name !== name);
    this.checkpoint = { ...this.checkpoint, resources };
  }

  /** Runs a command of the engine to its end, or until it is killed. */
  async run({
    command,
    declaration,
    nowMs,
    life = new CommandLife(),
    replaced,
    refreshed,
    program: given,
    configured = {},
    environment = {},
  }: CommandOptions): Promise<CommandResult> {
    const values = this.#values(declaration);
    const configuration = configurationOf(declaration, values);
    const said: Said = { needsAnotherUp: false };
    const isPreview = command === "preview";
    const engine = new EngineCommand({
      checkpoint: this.checkpoint,
      save: (checkpoint) => {
        if (!isPreview) this.checkpoint = checkpoint;
      },
      life,
      isPreview,
      ...(replaced === undefined ? {} : { replaced }),
      ...(refreshed === undefined ? {} : { refreshed }),
      providerOf: this.#providers(
        new Map([...values, ...Object.entries(configured)]),
        { ...environmentAt(nowMs), ...environment },
        life,
        command === "destroy" || command === "refresh",
      ),
      parallelism: this.options.parallelism,
      continuesOnError: this.options.continuesOnError && command.startsWith("up"),
      random: this.options.random,
      urnOf: ({ type, name, parent }) => this.#urnOf(type, name, parent),
    });
    const program =
      given ??
      programOf(
        {
          stack: this.name,
          configuration,
          nowMs,
          record: this.recordOf(life),
          freeSecret: (name) => {
            if (!isPreview) this.secrets.free(name);
          },
          isPreview,
        },
        said,
      );
    const act = (): Promise<void> => {
      if (command === "destroy") return engine.destroy();
      if (command === "refresh") return engine.refresh();
      return engine.up(program, command === "up --refresh");
    };
    const isKilled = await Promise.race([
      act().then(
        () => life.isOver,
        (error: unknown) => {
          if (error instanceof Killed || life.isOver) return true;
          engine.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
          return false;
        },
      ),
      life.killed.then(() => true),
    ]);
    const isWell = engine.failures.length === 0 && !life.isInterrupted;
    const end = isKilled ? "killed" : isWell ? "succeeded" : "failed";
    // Nothing of a command outlives it.
    life.kill();
    this.printed.push(`${command}: ${end}`, ...engine.failures);
    return { end, failures: engine.failures, ...said };
  }

  /** The record, as a process of a command writes it. */
  recordOf(life: CommandLife): StackRecord {
    const run = { actor: "simulator", stage: this.stage, apiUrl, reason: "a test" };
    return { stack: this.name, journal: this.openJournal(life), auditLog: undefined, run };
  }

  openJournal(life: CommandLife): Journal {
    const journal = this.journal.open(life);
    return this.options.sabotage?.journal?.(journal) ?? journal;
  }

  /** Connects to the API, as one process of a command does. */
  connect(life: CommandLife): TenantManagementApi {
    const { stage, parallelism, random, sabotage } = this.options;
    const plain = this.api.transportOf(life, parallelism === 1 ? undefined : random);
    const transport = sabotage?.transport?.(plain) ?? plain;
    const sleep = (delayMs: number): Promise<void> => this.#sleep(delayMs);
    const retryPolicy: RetryPolicy = {
      ...defaultRetryPolicy,
      random: () => random.int(0, 999) / 1000,
      sleep,
      notify: () => undefined,
    };
    const client = { tokenUrl, clientId: "client", sign: () => Promise.resolve("an assertion") };
    return new TenantManagementApi({
      stage,
      apiUrl,
      allowedHosts: ["127.0.0.1"],
      tokens: new OrganizationTokens(client, transport, retryPolicy),
      transport,
      retryPolicy,
      pacer: new Pacer({ nowMs: () => this.#clockMs, wallMs: Date.now, sleep }),
    });
  }

  /** Waits by a clock that nothing waits for: others go on first. */
  async #sleep(delayMs: number): Promise<void> {
    this.#clockMs += delayMs;
    await nextTurn();
  }

  #providers(
    values: ReadonlyMap<string, string>,
    environment: EnvironmentVariables,
    life: CommandLife,
    isWithoutProgram: boolean,
  ): (type: string) => ResourceProvider | undefined {
    const surroundings: Surroundings = {
      connect: () => Promise.resolve(this.connect(life)),
      reach: () => ({ proxies: Proxies.none, aws: this.secrets.asAws() }),
      openJournal: () => this.openJournal(life),
      provenance: () => Promise.resolve({ actor: "simulator" }),
      makeKeyPair: makeKeyPairAtOnce,
      sleep: (delayMs) => this.#sleep(delayMs),
    };
    const run = new Run({ environment, flags: [], directory: "/" }, surroundings);
    this.options.sabotage?.run?.(run);
    run.configure({ config: { get: (key) => values.get(key.replace(/^tenants:/, "")) } });
    if (isWithoutProgram) run.stack.noteRequested({ project, stack: stackOf[this.stage] });
    const providers: Record<string, ResourceProvider> = {
      [tenantType]: tenantHandler(run),
      [tenantApplicationType]: tenantApplicationHandler(run),
      [signingKeyType]: signingKeyHandler(run),
      [releasedType]: releasedHandler(run),
      [secretType]: this.secrets.secretProvider(life),
      [secretVersionType]: this.secrets.versionProvider(life),
    };
    const { sabotage } = this.options;
    return (type) => {
      const provider = providers[type];
      return provider === undefined ? undefined : (sabotage?.provider?.(type, provider) ?? provider);
    };
  }

  #values(declaration: Declaration): Map<string, string> {
    return new Map([
      ["stage", this.stage],
      ["apiUrl", apiUrl],
      ["tokenUrl", tokenUrl],
      ["clientId", "client"],
      ["secretPrefix", "simulated"],
      ["journalDiskIsKept", "true"],
      ["replaceLostApplications", String(this.#replacesLostApplications)],
      ["customers", JSON.stringify(toConfig(declaration))],
    ]);
  }

  #urnOf(type: string, name: string, parent: string | undefined): string {
    const parentType = parent === undefined ? "" : `${parent.split("::")[2] ?? ""}$`;
    return `urn:pulumi:${stackOf[this.stage]}::${project}::${parentType}${type}::${name}`;
  }
}

function environmentAt(nowMs: number): EnvironmentVariables {
  return {
    TENANTS_NOW: new Date(nowMs).toISOString(),
    TENANTS_REASON: "a test",
    TENANTS_ALLOWED_HOSTS: "127.0.0.1",
  };
}

const configurations = new WeakMap<Declaration, StackConfiguration>();

/** Many commands have one declaration. */
function configurationOf(declaration: Declaration, values: ReadonlyMap<string, string>): StackConfiguration {
  const known = configurations.get(declaration);
  if (known !== undefined) return known;
  const read = readConfiguration(values, { awsRegion: "eu-west-1", allowedHosts: ["127.0.0.1"] });
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  configurations.set(declaration, read.configuration);
  return read.configuration;
}
