import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import { type CustomerConfiguration, readConfiguration } from "resistant-tenants-stacks/configuration";
import { tooLargeKiB } from "resistant-tenants-stacks/stack-file";

import { Problem } from "../problem";
import type { StageSettings } from "../settings/settings";
import { configurationOf } from "../settings/stage-configuration";

export type { StageSettings } from "../settings/settings";

/** An entry as sent. */
export type Entry = Readonly<Record<string, unknown>>;

const ofCustomers = "tenants:customers";

/**
 * Parses a customer's entry as its stack would: by the schemas of `tenants:customers`, with the stage's
 * configuration.
 */
export function readEntry(
  stage: string,
  settings: Pick<StageSettings, "configuration" | "allowedHosts">,
  entry: Entry,
): { customer: CustomerConfiguration } | { problems: ConfigurationProblem[] } {
  const { texts, values, context } = configurationOf(stage, settings, [entry]);
  const read = readConfiguration(values, context);
  if ("problems" in read) return read;
  const size = tooLargeKiB(Object.fromEntries(texts));
  if (size !== undefined) {
    const problem = `has, with the settings of its stage, ${size} KiB, and a stack has room for 128: declare fewer applications, or shorter keys`;
    return { problems: [{ path: ofCustomers, problem }] };
  }
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
