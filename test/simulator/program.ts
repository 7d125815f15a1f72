import { setImmediate as nextTurn } from "node:timers/promises";

import { algorithmOf } from "../../provider/src/client/auth-methods";
import { stageTable } from "../../provider/src/client/cells";
import type { Properties } from "../../provider/src/dynamic/engine/inputs";
import {
  appendTo,
  type Ending,
  type Journal,
  recordIntent,
  resultOf,
  settleIntent,
  type StackRecord,
} from "../../provider/src/journal/index";
import { generationName, slotName } from "../../provider/src/names/resource-name";
import {
  customerType,
  releasedType,
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "../../provider/src/names/resource-types";
import { nameOfUrn } from "../../provider/src/names/resource-types";
import type { ToldOfRun } from "../../provider/src/names/slot";
import { heldBeforeOf } from "../../provider/src/program/held-before";
import type { HeldResource } from "../../provider/src/program/own-stack";
import {
  type ApplicationConfiguration,
  type CustomerConfiguration,
  type StackConfiguration,
} from "../../stacks/src/configuration/configuration";
import { safeguardType } from "../../stacks/src/customer/safeguard";
import { findChangedCustomers, type StackBefore } from "../../stacks/src/record/customer-changes";
import { declaredOutput, toDeclared } from "../../stacks/src/record/declared-customer";
import { generationType } from "../../stacks/src/rotation/held-generations";
import { planSlots } from "../../stacks/src/rotation/index";
import type { DeclaredGeneration, SlotPlan } from "../../stacks/src/rotation/plan";
import { secretName, secretTags } from "../../stacks/src/secret/stored-secret";
import type { EngineCommand, Goal, Program, Registered } from "./engine-model";

/** What the program of a stack runs with. */
export interface ProgramSetting {
  stack: string;
  configuration: StackConfiguration;
  /** The time by which credentials age, in milliseconds since 1970. */
  nowMs: number;
  record: StackRecord;
  /** Sees to it that the name of a new secret is free. */
  freeSecret: (name: string) => void;
  /** Whether this is a preview: nothing is announced, and nothing is known of what is still to be made. */
  isPreview: boolean;
}

/** What the program says. */
export interface Said {
  /** Whether one more `up` has something left to do. */
  needsAnotherUp: boolean;
}

/** The text that stands for the provider in each of its resources. */
export const providerText = "provider";
/** What a preview does not know yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Engine = Pick<EngineCommand, "register" | "registerOutputs" | "heldResources">;

/** Gives what the stack held when its last update ended, as programs read it. */
export function heldBy(engine: Pick<EngineCommand, "heldResources">): HeldResource[] {
  return engine.heldResources().map(({ urn, type, outputs }) => ({ urn, type, outputs }));
}

/** Gives what a resource passes to its provider about its place in the stack. */
export function slotInputOf(
  held: readonly HeldResource[],
  stack: string,
  type: string,
  name: string,
): Properties {
  const resource = held.find((other) => other.type === type && nameOfUrn(other.urn) === name);
  const heldId = resource?.outputs[type === tenantType ? "tenantId" : "applicationId"];
  const heldBefore = heldBeforeOf(held);
  return {
    stack,
    name,
    ...(typeof heldId === "string" ? { heldId } : {}),
    ...(heldBefore === undefined ? {} : { heldBefore }),
  };
}

/**
 * The stack's program, as the engine sees it: what it asks for, in which order and with which inputs. What it decides by
 * (the plan of generations, the changes of customers, what the stack held before) is decided by its own code.
 */
export function programOf(setting: ProgramSetting, said: Said): Program {
  return (engine) => new ProgramOfRun(setting, engine, said).run();
}

class ProgramOfRun {
  readonly #held: HeldResource[];
  readonly #registering: Promise<unknown>[] = [];

  constructor(
    private readonly setting: ProgramSetting,
    private readonly engine: Engine,
    private readonly said: Said,
  ) {
    this.#held = heldBy(engine);
  }

  async run(): Promise<void> {
    const { configuration, stack, record, nowMs, isPreview } = this.setting;
    const provided = configuration.customers.filter(({ status }) => status !== "released");
    const held = this.#held.map(({ type, urn, outputs }) => ({ type, name: nameOfUrn(urn), outputs }));
    const plans = await planSlots(provided, held, nowMs);
    this.said.needsAnotherUp = [...plans.values()].some(({ next }) => next !== undefined);
    const before = { stack, held: this.#held, journal: record.journal } as unknown as StackBefore;
    const changed = await findChangedCustomers(configuration, provided, before);
    for (const customer of provided) this.#freeSecrets(customer);
    const announced = new Map<string, string>();
    for (const { customer, tenantId, operation, changes } of isPreview ? [] : changed) {
      const recording = await recordIntent(record, {
        type: "Customer",
        operation,
        slot: customer,
        ...(tenantId === undefined ? {} : { tenantId }),
        parameters: { before: changes.before, after: changes.after },
      });
      announced.set(customer, recording.intent.id);
    }
    const customers = provided.map((customer) =>
      this.#customer(customer, plans, announced.get(customer.name)),
    );
    const released = configuration.customers
      .filter(({ status }) => status === "released")
      .map(({ name }) => this.#released(name));
    await Promise.allSettled([...customers, ...released]);
    await this.#settled();
    if (!isPreview) await this.#endOpen([...announced.values()]);
  }

  /** Waits for all that was asked for: what fails leaves others going on, which ask for more. */
  async #settled(): Promise<void> {
    let waited = 0;
    while (waited < this.#registering.length) {
      waited = this.#registering.length;
      await Promise.allSettled(this.#registering);
      await nextTurn();
    }
  }

  #freeSecrets({ name, applications }: CustomerConfiguration): void {
    const heldNames = this.#held.flatMap(({ type, outputs }) =>
      type === secretType ? [outputs["name"]] : [],
    );
    for (const application of applications) {
      const wanted = this.#secretName(name, application);
      if (!heldNames.includes(wanted)) this.setting.freeSecret(wanted);
    }
  }

  #secretName(name: string, application: ApplicationConfiguration): string {
    const { secretPrefix, settings } = this.setting.configuration;
    return secretName({ secretPrefix, stage: settings.stage, name }, application);
  }

  /** Asks for a resource once what it needs is there; a preview goes on with what it does not know. */
  #register(goal: Goal): Promise<Registered> {
    const registering = this.engine.register(goal);
    this.#registering.push(registering);
    return registering;
  }

  async #customer(
    customer: CustomerConfiguration,
    plans: ReadonlyMap<string, SlotPlan>,
    intent: string | undefined,
  ): Promise<void> {
    const { configuration } = this.setting;
    const { stage } = configuration.settings;
    const { name, cells, uiCells, status, adopt, applications } = customer;
    const protect = stageTable[stage].isProtected && status === "active";
    const component = await this.#register({ type: customerType, name });
    const parent = component.urn;
    const tenant = this.#register({
      type: tenantType,
      name,
      parent,
      protect,
      inputs: {
        name,
        ...(uiCells === undefined ? { initialCells: [...cells] } : { cells: [...uiCells] }),
        ...(adopt === undefined ? {} : { adopt }),
        slot: this.#slot(tenantType, name),
        __provider: providerText,
      },
    });
    const told = intent === undefined ? {} : { change: { intent, applications: applications.length } };
    const made = applications.map(async (application): Promise<void> => {
      const slot = slotName(name, application);
      const plan = plans.get(slot);
      if (plan === undefined) throw new Error(`There is no plan of ${slot}.`);
      const { urn: tenantUrn, outputs } = await tenant;
      const tenantId = outputs["tenantId"] ?? unknown;
      const { cell } = application;
      const secret = this.#register({
        type: secretType,
        name: slot,
        parent,
        protect,
        dependencies: [tenantUrn],
        inputs: {
          name: this.#secretName(name, application),
          tags: secretTags({ ...customer, stage }, cell, tenantId),
        },
      });
      const { adopt } = application;
      const held = { slot, cell, parent, tenantUrn, tenantId, secret, told, adopt };
      const retiring = plan.retiring.map((generation) => this.#generation(held, generation));
      const retired = await Promise.all(retiring);
      const versions = retired.flatMap(({ version }) => version ?? []);
      const current = await this.#generation(held, plan.current, versions);
      if (!stageTable[stage].isProtected) return;
      const kept = [tenantUrn, (await secret).urn, ...[...retired, current].flatMap(({ urns }) => urns)];
      const safeguard = await this.#register({
        type: safeguardType,
        name: slot,
        parent,
        protect,
        dependencies: kept,
      });
      this.engine.registerOutputs(safeguard.urn, { isActive: protect });
    });
    await Promise.all(made);
    if (this.setting.isPreview || !(await this.#isDone(intent))) return;
    this.engine.registerOutputs(parent, {
      [declaredOutput]: toDeclared(customer, configuration.secretPrefix),
    });
  }

  async #isDone(intent: string | undefined): Promise<boolean> {
    if (intent === undefined) return true;
    const events = await this.setting.record.journal.read();
    return events.some(
      (event) => event.event === "result" && event.intent === intent && event.outcome === "changed",
    );
  }

  async #generation(
    of: {
      slot: string;
      cell: string;
      parent: string;
      tenantUrn: string;
      tenantId: unknown;
      secret: Promise<Registered>;
      told: ToldOfRun;
      adopt: ApplicationConfiguration["adopt"];
    },
    { generation, specification, held }: DeclaredGeneration,
    before?: readonly string[],
  ): Promise<{ urns: string[]; version?: string }> {
    const { slot, cell, tenantUrn, tenantId } = of;
    const isRetiring = before === undefined;
    const { scopes, authMethod } = specification;
    const name = generationName(slot, generation);
    const component =
      generation === 1 ? undefined : await this.#register({ type: generationType, name, parent: of.parent });
    const parent = component?.urn ?? of.parent;
    const unchanging = (...properties: string[]): Pick<Goal, "parent" | "ignoreChanges"> =>
      isRetiring ? { parent, ignoreChanges: properties } : { parent };
    const adopt = generation === 1 ? of.adopt : undefined;
    const key =
      authMethod === "CLIENT_SECRET"
        ? undefined
        : this.#register({
            type: signingKeyType,
            name,
            ...unchanging("algorithm", "adopt"),
            inputs: {
              algorithm: algorithmOf(authMethod),
              ...(adopt === undefined ? {} : { adopt: { ...adopt, tenantId } }),
              __provider: providerText,
            },
          });
    const [secret, pair] = await Promise.all([of.secret, key]);
    const application = await this.#register({
      type: tenantApplicationType,
      name,
      ...unchanging("tenantId", "cell", "scopes", "authMethod", "publicKey", "keyId", "adopt"),
      dependencies: [tenantUrn, secret.urn, ...(pair === undefined ? [] : [pair.urn])],
      inputs: {
        tenantId,
        cell,
        scopes: [...scopes],
        authMethod,
        ...(pair === undefined
          ? {}
          : { publicKey: pair.outputs["publicKeyPem"] ?? unknown, keyId: pair.outputs["keyId"] ?? unknown }),
        ...(adopt === undefined ? {} : { adopt }),
        slot: this.#slot(tenantApplicationType, name, isRetiring ? undefined : of.told),
        __provider: providerText,
      },
    });
    const urns = [application.urn, ...(pair === undefined ? [] : [pair.urn])];
    if (isRetiring && held?.isStored !== true) return { urns };
    const version = await this.#register({
      type: secretVersionType,
      name,
      ...unchanging("secretId", "secretString"),
      retainOnDelete: true,
      dependencies: [
        secret.urn,
        application.urn,
        ...(pair === undefined ? [] : [pair.urn]),
        ...(before ?? []),
      ],
      inputs: {
        secretId: secret.outputs["name"] ?? unknown,
        secretString: this.#storedValue(application.outputs, pair?.outputs),
      },
    });
    if (component !== undefined && !this.setting.isPreview) {
      const { versionId } = version.outputs;
      const stored = held?.stored;
      const storedAt =
        stored?.versionId === versionId ? stored?.storedAt : new Date(this.setting.nowMs).toISOString();
      this.engine.registerOutputs(component.urn, { storedAt, versionId });
    }
    return { urns: [...urns, version.urn], version: version.urn };
  }

  #storedValue(application: Properties, key: Properties | undefined): string {
    const { applicationId, clientId, tenantId, authMethod, clientSecret, keyId, tokenUrl, scopes, cell } =
      application;
    if (this.setting.isPreview && clientId === undefined) return unknown;
    const credentials =
      authMethod === "CLIENT_SECRET"
        ? { client_secret: clientSecret }
        : { private_key: key?.["privateKeyPem"], key_id: keyId };
    return JSON.stringify({
      cell,
      tenant_id: tenantId,
      application_id: applicationId,
      client_id: clientId,
      auth_method: authMethod,
      ...credentials,
      token_url: tokenUrl,
      scopes,
    });
  }

  #slot(type: string, name: string, told?: ToldOfRun): Properties {
    return { ...slotInputOf(this.#held, this.setting.stack, type, name), ...told };
  }

  /** Lets go of a customer: each of its resources is taken over by one that forgets it. */
  async #released(customer: string): Promise<void> {
    const held = this.#held.filter(
      ({ urn }) => urn.includes(`${customerType}$`) && nameOfUrn(urn).split("/")[0] === customer,
    );
    if (held.length === 0) return;
    const component = await this.#register({ type: customerType, name: customer });
    const released = held.map(async ({ urn, type, outputs }) => {
      if (type === safeguardType) {
        await this.#register({ type, name: nameOfUrn(urn), parent: component.urn, protect: false });
      } else if (!type.startsWith("resistant:index:")) {
        const formerUrn = type === releasedType ? String(outputs["formerUrn"]) : urn;
        await this.#register({
          type: releasedType,
          name: releasedName(formerUrn),
          parent: component.urn,
          alias: formerUrn,
          retainOnDelete: true,
          inputs: { formerUrn, __provider: providerText },
        });
      }
    });
    await Promise.all(released);
    this.engine.registerOutputs(component.urn, {});
  }

  /** Ends the announced changes that no provider ended. */
  async #endOpen(intents: readonly string[]): Promise<void> {
    if (intents.length === 0) return;
    const { record } = this.setting;
    const journal: Journal = record.journal;
    const events = await journal.read(({ type }) => type === "Customer");
    for (const id of intents) {
      const intent = events.find((event) => event.id === id);
      if (intent?.event !== "intent" || resultOf(events, intent) !== undefined) continue;
      const ending: Ending = { outcome: "unknown", message: "It may be done in part." };
      await settleIntent(appendTo(record), record.run, intent, ending);
    }
  }
}

function releasedName(formerUrn: string): string {
  const type = formerUrn.split("::")[2]?.split("$").at(-1)?.split(":").at(-1) ?? "";
  return `${nameOfUrn(formerUrn)}/${type}`;
}
