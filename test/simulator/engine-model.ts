import type { Properties } from "../../provider/src/dynamic/engine/inputs";
import type { Random } from "../fuzz/random";
import { type CommandLife, Killed } from "./command-life";
import { Places } from "./places";
import { wire } from "./wire";

/** A resource as a checkpoint holds it. It is never changed in place. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** Absent of a component. */
  readonly id?: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly parent?: string;
  readonly dependencies: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** It was replaced, and waits to be deleted. */
  readonly delete: boolean;
  /** It was made in part: the next update has to complete it. */
  readonly initErrors: readonly string[];
}

/** An operation that was begun, and whose end the engine did not see. */
export interface PendingOperation {
  readonly type: "creating" | "updating" | "deleting";
  readonly resource: StateResource;
}

/** What the engine has saved last. */
export interface Checkpoint {
  readonly resources: readonly StateResource[];
  readonly pending: readonly PendingOperation[];
}

export const emptyCheckpoint: Checkpoint = { resources: [], pending: [] };

interface Difference {
  changes?: boolean;
  replaces?: string[];
  deleteBeforeReplace?: boolean;
}

/** The operations of one type of resources, as the engine calls them. */
export interface ResourceProvider {
  check(
    olds: Properties,
    news: Properties,
  ): PromiseOr<{ inputs: Properties; failures: readonly { property: string; reason: string }[] }>;
  diff(id: string, olds: Properties, news: Properties): PromiseOr<Difference>;
  create(inputs: Properties): PromiseOr<{ id: string; outs: Properties }>;
  update?(id: string, olds: Properties, news: Properties): PromiseOr<{ outs: Properties }>;
  delete?(id: string, properties: Properties): PromiseOr<void>;
  read?(id: string, properties: Properties): PromiseOr<{ id: string; props: Properties }>;
}
type PromiseOr<T> = T | Promise<T>;

/** What a program asks the engine for. */
export interface Goal {
  type: string;
  name: string;
  inputs?: Properties;
  /** The URN of its component; default: the stack itself. */
  parent?: string;
  dependencies?: readonly string[];
  protect?: boolean;
  retainOnDelete?: boolean;
  ignoreChanges?: readonly string[];
  /** The URN of the resource whose entry it takes over. */
  alias?: string;
}

/** What the engine answers for a resource. */
export interface Registered {
  urn: string;
  /** What a preview does not know yet is absent. */
  outputs: Properties;
}

/** A program, which asks for resources; it must not end before all of them are answered or have failed. */
export type Program = (
  engine: Pick<EngineCommand, "register" | "registerOutputs" | "heldResources">,
) => Promise<void>;

/** What a command works on. */
export interface EngineSetting {
  checkpoint: Checkpoint;
  /** Is given each checkpoint as it is saved. */
  save: (checkpoint: Checkpoint) => void;
  life: CommandLife;
  /** Checks and compares only. */
  isPreview: boolean;
  /** The URNs of what it is told to replace (`--replace`): it is not compared. */
  replaced?: ReadonlySet<string>;
  /** The type of the only resources that a refresh reads (`--target`); default: it reads all. */
  refreshed?: string;
  providerOf: (type: string) => ResourceProvider | undefined;
  /** The most steps at once. */
  parallelism: number;
  /** Whether what fails stops nothing but what depends on it, and deletes (`--continue-on-error`). */
  continuesOnError: boolean;
  /** Draws the order of what may happen in any order. */
  random: Random;
  /** The project and the stack, as URNs have them. */
  urnOf: (goal: Pick<Goal, "type" | "name" | "parent">) => string;
}

/** A step that did not succeed, or that was not begun because another did not. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
}

/**
 * One command of the engine: a small model of its steps, of what it saves before and after each, and of what it calls.
 *
 * It is written from docs of the engine, from its source and from what was tried on it; `npm test` compares it with the
 * engine itself.
 */
export class EngineCommand {
  /** What failed, in words. */
  readonly failures: string[] = [];
  #resources: StateResource[];
  #pending: PendingOperation[];
  readonly #seen = new Set<string>();
  readonly #places: Places;
  #generating: Promise<unknown> = Promise.resolve();

  constructor(private readonly setting: EngineSetting) {
    this.#resources = [...setting.checkpoint.resources];
    // What was being updated or deleted the engine knows by its entry; only a create leaves nothing else behind.
    this.#pending = setting.checkpoint.pending.filter(({ type }) => type === "creating");
    this.#places = new Places(setting.parallelism, setting.random);
  }

  /** Gives what the stack held when its last update ended. */
  heldResources(): StateResource[] {
    return this.setting.checkpoint.resources.filter((resource) => !resource.delete);
  }

  /** Runs a program, and deletes what it no longer asks for. */
  async up(program: Program, isRefreshing: boolean): Promise<void> {
    if (isRefreshing) await this.refresh();
    if (this.#hasFailed()) return;
    await program(this);
    if (this.#hasFailed() || this.setting.isPreview) return;
    await this.#deleteAll(
      this.#resources.filter((resource) => resource.delete || !this.#seen.has(resource.urn)),
    );
  }

  /** Reads resources anew. */
  async refresh(): Promise<void> {
    const read = async (resource: StateResource): Promise<void> => {
      const provider = this.setting.providerOf(resource.type);
      const { id } = resource;
      if (provider?.read === undefined || id === undefined) return;
      const found = await provider.read(id, wire(resource.outputs));
      this.setting.life.assertAlive();
      if (found.id === "") this.#replace(resource);
      else this.#replace(resource, { ...resource, outputs: wire(found.props), initErrors: [] });
    };
    const { refreshed } = this.setting;
    const custom = this.#resources.filter(
      ({ id, type, delete: isToGo }) =>
        id !== undefined && !isToGo && (refreshed === undefined || type === refreshed),
    );
    await Promise.all(custom.map((resource) => this.#step(resource.urn, () => read(resource))));
    if (!this.#hasFailed()) this.#commit();
  }

  /** Deletes all resources. No program runs, and nothing is checked. */
  destroy(): Promise<void> {
    return this.#deleteAll(this.#resources);
  }

  /**
   * Makes a resource be as a program wants it.
   *
   * @throws {@link StepFailed} where it fails, or is not begun
   */
  register(goal: Goal): Promise<Registered> {
    const registered = this.#register(goal);
    // A program that was killed in another resource asks for this one no more.
    registered.catch(() => undefined);
    return registered;
  }

  async #register(goal: Goal): Promise<Registered> {
    const urn = this.setting.urnOf(goal);
    const step = await this.#inTurn(urn, () => this.#plan(urn, goal));
    const made = await this.#done(urn, step);
    return { urn, outputs: made.outputs };
  }

  /** Takes the outputs of a component. */
  registerOutputs(urn: string, outputs: Properties): void {
    const resource = this.#find(urn);
    if (resource === undefined || this.#isStopped) return;
    this.#replace(resource, { ...resource, outputs: wire(outputs) });
    this.#commit();
  }

  get #isStopped(): boolean {
    const { continuesOnError, life } = this.setting;
    return (this.failures.length > 0 && !continuesOnError) || life.isInterrupted;
  }

  /** Whether anything failed: then nothing is deleted. */
  #hasFailed(): boolean {
    return this.failures.length > 0 || this.setting.life.isInterrupted;
  }

  #find(urn: string): StateResource | undefined {
    return this.#resources.find((resource) => resource.urn === urn && !resource.delete);
  }

  /** One resource after the other is checked and compared, in the order in which the program asked. */
  #inTurn<T>(urn: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#generating.then(async () => {
      this.setting.life.assertAlive();
      if (this.#isStopped) throw new StepFailed(`${urn} was not begun`);
      return work().catch((error: unknown) => this.#fail(urn, error));
    });
    this.#generating = turn.catch(() => undefined);
    return turn;
  }

  #fail(urn: string, error: unknown): never {
    if (error instanceof Killed || this.setting.life.isOver) throw new Killed();
    const text = error instanceof Error ? error.message : String(error);
    if (!(error instanceof StepFailed)) this.failures.push(`${urn}: ${text}`);
    throw new StepFailed(`${urn} failed: ${text}`, { cause: error });
  }

  /** Checks and compares, and gives what is to be done. */
  async #plan(urn: string, goal: Goal): Promise<() => Promise<StateResource>> {
    const old = this.#find(urn) ?? (goal.alias === undefined ? undefined : this.#find(goal.alias));
    const { type, name, parent, dependencies = [], protect = false, retainOnDelete = false } = goal;
    this.#seen.add(urn);
    if (old !== undefined) this.#seen.add(old.urn);
    const provider = this.setting.providerOf(type);
    const wanted = withIgnored(wire(goal.inputs ?? {}), goal.ignoreChanges ?? [], old?.inputs);
    const { inputs, failures } =
      provider === undefined
        ? { inputs: wanted, failures: [] }
        : await provider.check(wire(old?.inputs ?? {}), wanted);
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
    const next: StateResource = {
      urn,
      type,
      name,
      inputs: wire(inputs),
      outputs: old?.outputs ?? {},
      ...(parent === undefined ? {} : { parent }),
      ...(old?.id === undefined ? {} : { id: old.id }),
      dependencies,
      protect,
      retainOnDelete,
      delete: false,
      initErrors: [],
    };
    if (provider === undefined) return () => this.#same(old, next);
    if (old?.id === undefined && this.setting.isPreview) return () => Promise.resolve(next);
    if (old?.id === undefined) return () => this.#create(provider, next);
    if (this.setting.replaced?.has(urn) === true) return () => this.#create(provider, next, old);
    const {
      changes,
      replaces = [],
      deleteBeforeReplace,
    } = await provider.diff(old.id, wire(old.outputs), wire(next.inputs));
    if (this.setting.isPreview)
      return () => Promise.resolve(replaces.length > 0 ? { ...next, outputs: {} } : next);
    if (replaces.length > 0) {
      if (deleteBeforeReplace === true) return () => this.#deleteThenCreate(provider, old, next);
      return () => this.#create(provider, next, old);
    }
    if (changes !== false || old.initErrors.length > 0) return () => this.#update(provider, old, next);
    return () => this.#same(old, next);
  }

  async #done(urn: string, step: () => Promise<StateResource>): Promise<StateResource> {
    let made: StateResource | undefined;
    await this.#step(urn, async () => {
      made = await step();
    });
    if (made === undefined) throw new StepFailed(`${urn} was not done`);
    return made;
  }

  /** Does a step when a place is free; where it fails, nothing else begins. */
  async #step(urn: string, step: () => Promise<void>): Promise<void> {
    await this.#places.within(async () => {
      this.setting.life.assertAlive();
      if (this.#isStopped) return;
      await step().catch((error: unknown) => {
        try {
          this.#fail(urn, error);
        } catch (failure) {
          if (failure instanceof Killed) throw failure;
        }
      });
    });
  }

  #same(old: StateResource | undefined, next: StateResource): Promise<StateResource> {
    if (old === undefined) this.#resources.push(next);
    else this.#replace(old, next);
    this.#commit();
    return Promise.resolve(next);
  }

  /** @param replaced is marked to be deleted once the other is made */
  async #create(
    provider: ResourceProvider,
    next: StateResource,
    replaced?: StateResource,
  ): Promise<StateResource> {
    const unmade = Object.fromEntries(
      Object.entries(next).filter(([key]) => key !== "id"),
    ) as unknown as StateResource;
    return this.#pendingWhile("creating", { ...unmade, outputs: {} }, async () => {
      const made = await Promise.resolve(provider.create(wire(next.inputs))).then(
        ({ id, outs }) => ({ ...next, id, outputs: asOutputs(outs, next.inputs) }),
        (error: unknown) => partlyMade(error, next),
      );
      this.setting.life.assertAlive();
      if (replaced !== undefined) this.#replace(replaced, { ...replaced, delete: true });
      this.#resources.push(made);
      return made;
    });
  }

  async #update(provider: ResourceProvider, old: StateResource, next: StateResource): Promise<StateResource> {
    return this.#pendingWhile("updating", old, async () => {
      // Without an update of its own, a dynamic resource loses its outputs.
      const updated = await Promise.resolve(
        provider.update?.(next.id ?? "", wire(old.outputs), wire(next.inputs)) ?? { outs: {} },
      ).then(
        ({ outs }) => ({ ...next, outputs: asOutputs(outs, next.inputs) }),
        (error: unknown) => partlyMade(error, next),
      );
      this.setting.life.assertAlive();
      this.#replace(old, updated);
      return updated;
    });
  }

  /** What depends on it goes first, and is made again when the program comes to it. */
  async #deleteThenCreate(
    provider: ResourceProvider,
    old: StateResource,
    next: StateResource,
  ): Promise<StateResource> {
    for (const resource of this.#inDeletionOrder([old, ...this.#dependentsOf(old)]))
      await this.#delete(resource);
    return this.#create(provider, next);
  }

  #dependentsOf(resource: StateResource): StateResource[] {
    const found = new Set<StateResource>();
    const visit = ({ urn }: StateResource): void => {
      for (const other of this.#resources) {
        if (found.has(other) || other.id === undefined || !other.dependencies.includes(urn)) continue;
        found.add(other);
        visit(other);
      }
    };
    visit(resource);
    return [...found];
  }

  async #delete(resource: StateResource): Promise<void> {
    if (resource.protect) throw new Error(`${resource.urn} is protected`);
    const provider = this.setting.providerOf(resource.type);
    const { id } = resource;
    if (id === undefined || provider?.delete === undefined || resource.retainOnDelete) {
      this.#replace(resource);
      this.#commit();
      return;
    }
    await this.#pendingWhile("deleting", resource, async () => {
      await provider.delete?.(id, wire(resource.outputs));
      this.setting.life.assertAlive();
      this.#replace(resource);
      return resource;
    });
  }

  /**
   * Deletes what nothing else that is to go depends on, and so on. What a failed one depends on stays, as on the engine
   * (engine/continue-on-error).
   */
  async #deleteAll(resources: readonly StateResource[]): Promise<void> {
    const left = new Set(resources);
    const running = new Set<Promise<void>>();
    const begun = new Set<StateResource>();
    const isLast = ({ urn }: StateResource): boolean =>
      ![...left, ...begun].some(
        (other) => other.urn !== urn && (other.dependencies.includes(urn) || other.parent === urn),
      );
    while (left.size > 0 || running.size > 0) {
      for (const resource of [...left].reverse()) {
        if (!isLast(resource)) continue;
        left.delete(resource);
        begun.add(resource);
        const deletion = this.#step(resource.urn, () => this.#delete(resource)).then(() => {
          if (!this.#resources.includes(resource)) begun.delete(resource);
        });
        const done = deletion.finally(() => running.delete(done));
        running.add(done);
      }
      if (running.size === 0 && begun.size > 0) return;
      if (running.size === 0) throw new Error("the resources depend on each other in a circle");
      await Promise.race(running);
      if (this.#isStopped) {
        await Promise.all(running);
        return;
      }
    }
  }

  #inDeletionOrder(resources: readonly StateResource[]): StateResource[] {
    const left = [...resources];
    const ordered: StateResource[] = [];
    while (left.length > 0) {
      const place = left.findIndex(({ urn }) => !left.some((other) => other.dependencies.includes(urn)));
      ordered.push(...left.splice(Math.max(0, place), 1));
    }
    return ordered;
  }

  /** Saves that an operation is begun before it is, and how it ended. */
  async #pendingWhile(
    type: PendingOperation["type"],
    resource: StateResource,
    work: () => Promise<StateResource>,
  ): Promise<StateResource> {
    const operation: PendingOperation = { type, resource };
    this.#pending.push(operation);
    this.#commit();
    try {
      const made = await work();
      if (type !== "deleting" && made.initErrors.length > 0) throw new Error(made.initErrors.join("; "));
      return made;
    } finally {
      if (!this.setting.life.isOver) {
        this.#pending = this.#pending.filter((other) => other !== operation);
        this.#commit();
      }
    }
  }

  #replace(old: StateResource, next?: StateResource): void {
    const place = this.#resources.indexOf(old);
    if (place === -1) throw new Error(`${old.urn} is not in the state`);
    this.#resources.splice(place, 1, ...(next === undefined ? [] : [next]));
  }

  #commit(): void {
    const { life, save } = this.setting;
    life.pass({ at: "checkpoint", moment: "before" });
    save({ resources: [...this.#resources], pending: [...this.#pending] });
    life.pass({ at: "checkpoint", moment: "after" });
  }
}

function withIgnored(
  wanted: Properties,
  ignored: readonly string[],
  olds: Properties | undefined,
): Properties {
  if (olds === undefined) return wanted;
  const kept = Object.fromEntries(ignored.flatMap((name) => (name in olds ? [[name, olds[name]]] : [])));
  const rest = Object.fromEntries(Object.entries(wanted).filter(([name]) => !ignored.includes(name)));
  return { ...rest, ...kept };
}

/** The host adds the text of the provider, and its protocol has no undefined value. */
function asOutputs(outs: Properties, { __provider }: Properties): Properties {
  assertNoUndefined(outs);
  return wire({ ...outs, ...(__provider === undefined ? {} : { __provider }) });
}

function assertNoUndefined(value: unknown): void {
  if (value === undefined || typeof value === "bigint" || value instanceof Date)
    throw new Error("Unexpected struct type.");
  if (typeof value === "object" && value !== null) Object.values(value).forEach(assertNoUndefined);
}

/** What a provider made in part stays in the state. */
function partlyMade(error: unknown, next: StateResource): StateResource {
  const { id, properties, reasons } = error as { id?: unknown; properties?: Properties; reasons?: string[] };
  if (typeof id !== "string" || properties === undefined) throw error;
  return {
    ...next,
    id,
    outputs: asOutputs(properties, next.inputs),
    initErrors: reasons ?? ["made in part"],
  };
}
