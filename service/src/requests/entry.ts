import { type CustomerConfiguration, readConfiguration } from "resistant-tenants-stacks/configuration";

import { Problem } from "../problem";
import type { ServiceSettings } from "../settings/settings";

/** An entry as it was sent. */
export type Entry = Readonly<Record<string, unknown>>;

/** The settings of a stage. */
export type StageSettings = NonNullable<ServiceSettings["stages"][keyof ServiceSettings["stages"]]>;

const ofCustomers = "tenants:customers";

/**
 * Checks a customer's entry as its stack would: by the schemas of `tenants:customers`, with the stage's configuration.
 *
 * @throws {@link Problem} `invalid` with everything that is wrong, each with its path
 */
export function checkEntry(
  { configuration, allowedHosts }: StageSettings,
  entry: Entry,
): CustomerConfiguration {
  const values = new Map<string, string>();
  let awsRegion: string | undefined;
  for (const [key, value] of Object.entries({ ...configuration, [ofCustomers]: [entry] })) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (key.startsWith("tenants:")) values.set(key.slice("tenants:".length), text);
    if (key === "aws:region") awsRegion = text;
  }
  const read = readConfiguration(values, { awsRegion, allowedHosts });
  if ("configuration" in read) {
    const [customer] = read.configuration.customers;
    if (customer !== undefined) return customer;
  }
  const problems = "problems" in read ? read.problems : [];
  const own = problems.filter(
    ({ path }) => path.startsWith(ofCustomers) || path.startsWith(String(entry["name"])),
  );
  const told = own.length > 0 ? own : problems;
  throw new Problem("invalid", told.map(({ path, problem }) => `${path}: ${problem}`).join("; "), {
    errors: told.map(({ path, problem }) => ({
      path: path.replace(/^tenants:customers(?:\[0\])?/, "customer"),
      message: problem,
    })),
  });
}
