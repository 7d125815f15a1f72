import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { allowedHostsIn } from "pulumi-resistant-tenants/internal/settings";
import { canonical, customerOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { StackConfiguration } from "../configuration/configuration";
import { readSecretsProvider } from "../configuration/stack-file";
import type { ChangedCustomer } from "../record/customer-changes";
import { heldGenerations } from "../rotation/held-generations";
import type { SlotPlan } from "../rotation/plan";
import { changedDeclaration, type Declaration, toDeclaration } from "./declaration";
import { describeReport } from "./describe";
import { describeConsequences } from "./describe-consequences";
import { findConsequences } from "./find-consequences";
import { reportGenerations } from "./generations";
import { type Applied, type CustomerRecord, readRecorded, type Recorded } from "./recorded";
import { type GenerationsReport, type PlanReport, saysNothing, toPlanLine, withoutValues } from "./report";
import {
  changedSettings,
  fromRecordedSettings,
  type Settings,
  toRecordedSettings,
  toSettings,
} from "./settings";

/** A customer's record of an `up`, as outputs of its component. */
export type RecordOutputs = Record<keyof CustomerRecord, pulumi.Input<unknown>>;

/** What a customer records about this `up`. */
export interface RecordOfRun {
  /** The record once it is done. */
  done: RecordOutputs;
  /** The record until then; undefined for none. */
  otherwise: RecordOutputs | undefined;
}

/** What this `up` records in each customer, by the customer's name: see `Customer`. */
export type RecordsOfRun = ReadonlyMap<string, RecordOfRun>;

const customersKey = "tenants:customers";

/** The input of a run's report. */
export interface Run {
  configuration: StackConfiguration;
  /** The plans of the provided customers' generations, by slot. */
  plans: ReadonlyMap<string, SlotPlan>;
  /** The declared changes of existing customers. */
  changed: readonly ChangedCustomer[];
  /** The environment variables of this run. */
  environment: EnvironmentVariables;
  /** The resources of the stack at the end of its last update. */
  held: readonly HeldResource[];
  /** The stack's file: `Pulumi.prod.yaml`. */
  stackFile: string;
}

/**
 * Reports what a plan contains in addition to the engine's steps: settings and declarations that differ from
 * the last `up`, generations that the calendar retires, waiting changes, and consequences. It is printed for
 * people before any resource is registered; a preview prints it again as one line for `tenants summary`,
 * unless it is empty.
 *
 * @returns what this `up` records
 */
export async function reportPlan({
  configuration,
  plans,
  changed,
  environment,
  held: resources,
  stackFile,
}: Run): Promise<RecordsOfRun> {
  const { settings, secretPrefix, customers } = configuration;
  const recorded = await readRecorded(
    resources,
    customers.map(({ name }) => name),
  );
  const declarations = new Map(
    await Promise.all(
      customers.map(async (customer) => [customer.name, await toDeclaration(customer)] as const),
    ),
  );
  const own = await ownSettings(stackFile);
  const secretKeys = keysOfSecrets(environment);
  const configured = toSettings(pulumi.runtime.allConfig(), new Set(secretKeys));
  const report: PlanReport = {
    version: 1,
    isFirst: recorded.settings.length === 0,
    settings: settingsThatChange(recorded.settings, configured, own),
    allowedHosts: [...allowedHostsIn(environment)],
    declared: [...declarations].flatMap(([name, declaration]) => {
      const before = recorded.declarations.get(name);
      return before === undefined ? [] : changedDeclaration(before, declaration);
    }),
    generations: await generationsThatChange(plans, resources, declarations, recorded),
    consequences: findConsequences({
      stage: settings.stage,
      secretPrefix,
      customers,
      plans,
      held: resources,
      changed,
    }),
  };
  await print(secretKeys.includes(customersKey) ? withoutValues(report) : report);
  return new Map(
    [...declarations].map(([name, declared]) => {
      const done = {
        applied: { declared, settings: own, secretKeys },
        configured: toRecordedSettings(configured),
      };
      const before = recorded.records.get(name);
      return [
        name,
        {
          done: toOutputs(done, secretKeys),
          otherwise: before === undefined ? undefined : toOutputs(before, secretKeys),
        },
      ];
    }),
  );
}

/**
 * A value that is encrypted in the configuration is encrypted here, too. A fingerprint of one of few values
 * could be guessed.
 */
function toOutputs({ applied, configured }: CustomerRecord, secretKeys: readonly string[]): RecordOutputs {
  const encrypted = new Set([...secretKeys, ...applied.secretKeys]);
  return {
    applied: encrypted.has(customersKey) ? pulumi.secret(canonical(applied)) : canonical(applied),
    configured: encrypted.size > 0 ? pulumi.secret(canonical(configured)) : canonical(configured),
  };
}

async function print(report: PlanReport): Promise<void> {
  for (const { isGrave, text } of describeConsequences(report.consequences)) {
    await (isGrave ? pulumi.log.warn(text) : pulumi.log.info(text));
  }
  const lines = describeReport(report);
  if (pulumi.runtime.isDryRun() && !saysNothing(report)) lines.push(toPlanLine(report));
  for (const line of lines) await pulumi.log.info(line);
}

/** Returns the settings that are in no configuration. */
async function ownSettings(stackFile: string): Promise<Applied["settings"]> {
  const { version } = z
    .object({ version: z.string() })
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a JSON file of a package
    .parse(require("pulumi-resistant-tenants/package.json"));
  const secretsProvider = await readSecretsProvider(stackFile);
  return {
    "package version": version,
    ...(secretsProvider === undefined ? {} : { "secrets provider": secretsProvider }),
  };
}

/** The language host passes them in the environment; the SDK has no public call for it. */
function keysOfSecrets(environment: EnvironmentVariables): string[] {
  const keys = z.array(z.string()).safeParse(JSON.parse(environment["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]"));
  return (keys.data ?? []).sort();
}

/** If customers have different settings on record, each that differs from the present one counts as a change. */
function settingsThatChange(
  recorded: readonly Settings[],
  configured: Settings,
  own: Applied["settings"],
): PlanReport["settings"] {
  const all: Settings = new Map([...configured, ...fromRecordedSettings(own)]);
  if (recorded.length === 0) return changedSettings(new Map(), all);
  const changes = recorded.flatMap((before) => {
    // A setting that an earlier release did not record counts as unchanged.
    const after = [...all].filter(([name]) => !(name in own) || before.has(name));
    return changedSettings(before, new Map(after));
  });
  const bySetting = new Map(changes.reverse().map((change) => [change.setting, change]));
  return [...bySetting.values()].sort((one, other) => (one.setting < other.setting ? -1 : 1));
}

async function generationsThatChange(
  plans: ReadonlyMap<string, SlotPlan>,
  resources: readonly HeldResource[],
  declarations: ReadonlyMap<string, Declaration>,
  recorded: Recorded,
): Promise<GenerationsReport[]> {
  const held = heldGenerations(
    resources.map(({ urn, type, outputs }) => ({ type, name: nameOfUrn(urn), outputs })),
  );
  const reports = [...plans].map(([slot, plan]) => {
    const customer = customerOf(slot);
    return reportGenerations(
      slot,
      plan,
      held.get(slot) ?? [],
      declarations.get(customer)?.[slot] ?? {},
      recorded.declarations.get(customer)?.[slot],
    );
  });
  return (await Promise.all(reports)).filter((report) => report !== undefined);
}
