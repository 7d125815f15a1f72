import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { customerOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { readRecordedConfiguration } from "../configuration/configuration";
import { customerType } from "../customer/customer";
import { type Declaration, toDeclaration } from "./declaration";
import {
  fromRecordedSettings,
  type RecordedSettings,
  recordedSettingsSchema,
  type Settings,
  toRecordedSettings,
  toSettings,
} from "./settings";

/** What a `Customer` records of the `up` that brought it to its present state. */
export const appliedSchema = z.object({
  declared: z.record(z.string(), z.record(z.string(), z.string())),
  /** The settings that stand in no configuration, by name. */
  settings: z.record(z.string(), z.string()),
  /** The keys whose values are secret. */
  secretKeys: z.array(z.string()),
});

export type Applied = z.output<typeof appliedSchema>;

/** All that a `Customer` records of that `up`, by the output that holds it. */
export interface CustomerRecord {
  applied: Applied;
  /** The settings that are configured. */
  configured: RecordedSettings;
}

/** What is recorded of the last `up`. */
export interface Recorded {
  /**
   * The settings, as each customer has them: one that the last `up` left out, or could not finish, has those of an `up`
   * before. There are none before the first.
   */
  settings: readonly Settings[];
  /** What each customer has on record, by its name. */
  records: ReadonlyMap<string, CustomerRecord>;
  /** By customer; one that was not there has an empty one, and one is missing of which nobody knows. */
  declarations: ReadonlyMap<string, Declaration>;
}

/** An earlier release did not record the settings that are configured: the provider of its resources has them. */
const recordSchema = z.object({ applied: appliedSchema, configured: recordedSettingsSchema.exactOptional() });

/**
 * Finds what the last `up` recorded in the customers' components. An earlier release recorded the stack's configuration
 * alone, in the default provider of the dynamic resources, which every command that runs the program writes anew.
 *
 * @param customers those whose declaration is asked for
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

/** Reads the customers of a configuration that a provider recorded; none where this release cannot read it any more. */
async function declarationsOfConfiguration(
  configuration: Readonly<Record<string, unknown>>,
): Promise<Array<[string, Declaration]>> {
  const prefix = "tenants:";
  const values = Object.entries(configuration).flatMap(([key, value]) =>
    key.startsWith(prefix) && typeof value === "string" ? [[key.slice(prefix.length), value] as const] : [],
  );
  // What lies in files today need not be what lay there then.
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
