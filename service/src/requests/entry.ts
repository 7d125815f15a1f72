import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import { type CustomerConfiguration, readConfiguration } from "resistant-tenants-stacks/configuration";

import { Problem } from "../problem";
import type { ServiceSettings } from "../settings/settings";

/** An entry as sent. */
export type Entry = Readonly<Record<string, unknown>>;

/** The settings of a stage. */
export type StageSettings = NonNullable<ServiceSettings["stages"][keyof ServiceSettings["stages"]]>;

const ofCustomers = "tenants:customers";

/**
 * Parses a customer's entry as its stack would: by the schemas of `tenants:customers`, with the stage's
 * configuration.
 */
export function readEntry(
  stage: string,
  { configuration, allowedHosts }: Pick<StageSettings, "configuration" | "allowedHosts">,
  entry: Entry,
): { customer: CustomerConfiguration } | { problems: ConfigurationProblem[] } {
  const values = new Map<string, string>();
  let awsRegion: string | undefined;
  const all = { ...configuration, "tenants:stage": stage, [ofCustomers]: [entry] };
  for (const [key, value] of Object.entries(all)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (key.startsWith("tenants:")) values.set(key.slice("tenants:".length), text);
    if (key === "aws:region") awsRegion = text;
  }
  const read = readConfiguration(values, { awsRegion, allowedHosts });
  if ("problems" in read) return read;
  const [customer] = read.configuration.customers;
  return customer === undefined ? { problems: [] } : { customer };
}

/**
 * Checks a customer's entry.
 *
 * @throws {@link Problem} `invalid` with all errors, each with its path
 */
export function checkEntry(stage: string, settings: StageSettings, entry: Entry): CustomerConfiguration {
  const read = readEntry(stage, settings, entry);
  if ("customer" in read) return read.customer;
  const { problems } = read;
  const own = problems.filter(
    ({ path }) => path.startsWith(ofCustomers) || path.startsWith(String(entry["name"])),
  );
  const told = own.length > 0 ? own : problems;
  const errors = told.map(({ path, problem }) => ({
    path: path.replace(/^tenants:customers(?:\[0\])?/, "customer"),
    message: problem,
  }));
  throw new Problem("invalid", errors.map(({ path, message }) => `${path}: ${message}`).join("; "), {
    errors,
  });
}
