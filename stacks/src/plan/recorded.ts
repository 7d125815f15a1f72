import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { customerType } from "pulumi-resistant-tenants/internal/resource-types";
import { customerOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { readRecordedConfiguration } from "../configuration/configuration";
import { packed } from "../values/packed";
import { type Declaration, toDeclaration } from "./declaration";
import {
  fromRecordedSettings,
  type RecordedSettings,
  recordedSettingsSchema,
  type Settings,
  toRecordedSettings,
  toSettings,
} from "./settings";

/** What a `Customer` records about the `up` that led to its present state. */
export const appliedSchema = z.object({
  declared: z.record(z.string(), z.record(z.string(), z.string())),
  /** The settings that are in no configuration, by name. */
  settings: z.record(z.string(), z.string()),
  /** The keys whose values are secret. */
  secretKeys: z.array(z.string()),
});

export type Applied = z.output<typeof appliedSchema>;

/** A `Customer`'s whole record of that `up`, by output. */
export interface CustomerRecord {
  applied: Applied;
  /** The settings that are configured. */
  configured: RecordedSettings;
}

/** The record of the last `up`. */
export interface Recorded {
  /**
   * Each customer's settings: one that the last `up` omitted or could not complete has those of an earlier
   * `up`. Empty before the first `up`.
   */
  settings: readonly Settings[];
  /** Each customer's record, by its name. */
  records: ReadonlyMap<string, CustomerRecord>;
  /** By customer: empty if it did not exist, missing if unknown. */
  declarations: ReadonlyMap<string, Declaration>;
}

/** An earlier release did not record the configured settings: the provider of its resources has them. */
const recordSchema = z.object({
  applied: packed(appliedSchema),
  configured: packed(recordedSettingsSchema).exactOptional(),
});

/**
 * Reads the last `up`'s record from the customers' components. An earlier release recorded only the stack's
 * configuration, in the default provider of the dynamic resources, which every command that runs the program
 * overwrites.
 *
 * @param customers the customers whose declarations are needed
 */
export async function readRecorded(
  resources: readonly HeldResource[],
  customers: readonly string[],
): Promise<Recorded> {
  const configuration = resources.find(({ urn }) =>
    urn.endsWith("::pulumi:providers:pulumi-nodejs::default"),
  );
  const news = newcomers(resources, customers);
  if (configuration === undefined) return { settings: [], records: new Map(), declarations: news };
  const components = resources.filter(({ type }) => type === customerType);
  const known = new Map(
    components.flatMap(({ urn, outputs }) => {
      const { data } = recordSchema.safeParse(outputs);
      return data === undefined ? [] : [[nameOfUrn(urn), data] as const];
    }),
  );
  const declared = new Map([...known.values()].flatMap(({ applied }) => declarationsOf(applied.declared)));
  const isWhole = customers.every((customer) => declared.has(customer) || news.has(customer));
  const others = isWhole ? [] : await declarationsOfConfiguration(configuration.outputs);
  const declarations = new Map([...others, ...declared, ...news]);
  const secretKeys = new Set([...known.values()].flatMap(({ applied }) => applied.secretKeys));
  const configured = toRecordedSettings(toSettings(configuration.outputs, secretKeys));
  const earlier = (name: string): [string, CustomerRecord] => [
    name,
    { applied: { declared: declarations.get(name) ?? {}, settings: {}, secretKeys: [] }, configured },
  ];
  const records = new Map<string, CustomerRecord>(
    known.size === 0
      ? components.map(({ urn }) => earlier(nameOfUrn(urn)))
      : [...known].map(([name, record]) => [name, { configured, ...record }]),
  );
  const settings =
    records.size === 0 ? [fromRecordedSettings(configured)] : [...records.values()].map(settingsOf);
  return { settings, records, declarations };
}

function settingsOf({ applied, configured }: CustomerRecord): Settings {
  return new Map([...fromRecordedSettings(configured), ...fromRecordedSettings(applied.settings)]);
}

function newcomers(
  resources: readonly HeldResource[],
  customers: readonly string[],
): Map<string, Declaration> {
  const held = new Set(resources.map(({ urn }) => customerOf(nameOfUrn(urn))));
  return new Map(customers.filter((customer) => !held.has(customer)).map((customer) => [customer, {}]));
}

function declarationsOf(declared: Applied["declared"]): Array<[string, Declaration]> {
  const customer = Object.keys(declared).find((subject) => !subject.includes("/"));
  return customer === undefined ? [] : [[customer, declared]];
}

/** Reads the customers of a configuration that a provider recorded; none if this release can no longer read it. */
async function declarationsOfConfiguration(
  configuration: Readonly<Record<string, unknown>>,
): Promise<Array<[string, Declaration]>> {
  const prefix = "tenants:";
  const values = Object.entries(configuration).flatMap(([key, value]) =>
    key.startsWith(prefix) && typeof value === "string" ? [[key.slice(prefix.length), value] as const] : [],
  );
  // The files' present content may differ from that time.
  const recorded = new Map([["customers", "[]"], ...values]);
  recorded.delete("customersFrom");
  const region = configuration["aws:region"];
  const read = readRecordedConfiguration(recorded, {
    awsRegion: typeof region === "string" ? region : undefined,
  });
  if (read === undefined) return [];
  return Promise.all(
    read.customers.map(
      async (customer) => [customer.name, await toDeclaration(customer)] as [string, Declaration],
    ),
  );
}
