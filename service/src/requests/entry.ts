import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import { type CustomerConfiguration, readConfiguration } from "resistant-tenants-stacks/configuration";
import { tooLargeKiB } from "resistant-tenants-stacks/stack-file";

import { Problem } from "../problem";
import { configurationOf, type StackSources } from "../settings/stage-configuration";

/** An entry as sent. */
export type Entry = Readonly<Record<string, unknown>>;

const ofCustomers = "tenants:customers";

/**
 * Parses a customer's entry as its stack would: by the schemas of `tenants:customers`, with the stage's
 * configuration.
 */
export function readEntry(
  settings: StackSources,
  stage: string,
  entry: Entry,
): { customer: CustomerConfiguration } | { problems: ConfigurationProblem[] } {
  const { texts, values, context } = configurationOf(settings, stage, [entry]);
  const read = readConfiguration(values, context);
  if ("problems" in read) return read;
  const size = tooLargeKiB(texts);
  if (size !== undefined) {
    const problem = `has, with the settings of its stage, ${size} KiB; the engine passes fewer than 128 KiB to a stack: declare fewer applications, or shorter keys`;
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
export function checkEntry(settings: StackSources, stage: string, entry: Entry): CustomerConfiguration {
  const read = readEntry(settings, stage, entry);
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
