import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { z } from "zod";

import { readRecordedConfiguration } from "../configuration/configuration";
import { type Declaration, toDeclaration } from "./declaration";
import { type Setting, toSettings } from "./settings";

/** What a `Customer` records of the `up` that brought it to its present state. */
export const appliedSchema = z.object({
  declared: z.record(z.string(), z.record(z.string(), z.string())),
  /** Settings that no provider records, by name. */
  settings: z.record(z.string(), z.string()),
  /** The keys whose values are secret. */
  secretKeys: z.array(z.string()),
});

export type Applied = z.output<typeof appliedSchema>;

/** What is recorded of the last `up`. */
export interface Recorded {
  /** Undefined where nothing is: the next `up` is the first. */
  settings?: ReadonlyMap<string, Setting>;
  /** By customer; one that was not there has an empty one, and one is missing of which nobody knows. */
  declarations: ReadonlyMap<string, Declaration>;
}

const customerSchema = z.object({ applied: appliedSchema });

/**
 * Finds what the last `up` recorded: each customer in its component, the stack's configuration in the default provider
 * of the dynamic resources. An earlier release recorded the configuration alone.
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
  if (configuration === undefined) return { declarations: news };
  const applied = resources.flatMap(({ outputs }) => customerSchema.safeParse(outputs).data?.applied ?? []);
  const declared = new Map(applied.flatMap((one) => declarationsOf(one.declared)));
  const secretKeys = new Set(applied.flatMap((one) => one.secretKeys));
  const settings = toSettings(configuration.outputs, secretKeys);
  for (const [name, value] of applied.flatMap((one) => Object.entries(one.settings))) {
    settings.set(name, { value, isSecret: false });
  }
  const isWhole = customers.every((customer) => declared.has(customer) || news.has(customer));
  const others = isWhole ? [] : await declarationsOfConfiguration(configuration.outputs);
  return { settings, declarations: new Map([...others, ...declared, ...news]) };
}

function newcomers(
  resources: readonly HeldResource[],
  customers: readonly string[],
): Map<string, Declaration> {
  const held = new Set(resources.map(({ urn }) => nameOfUrn(urn).split("/", 1)[0] ?? ""));
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
