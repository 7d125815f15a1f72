import { existsSync } from "node:fs";

import { stackFileOf } from "pulumi-resistant-tenants/internal/project-file";
import { describeProblems, type EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { fleetStackOf, fleetStacks } from "pulumi-resistant-tenants/internal/vocabulary";
import type { CustomerConfiguration, StackConfiguration } from "resistant-tenants-stacks/configuration";
import { keyOfEngine } from "resistant-tenants-stacks/key-forms";

import { readWithoutEngine } from "../configuration/check";
import { readConfigurationFile } from "../configuration/file";
import { UsageError } from "../usage";
import type { Project } from "./project";

/** A customer of a fleet. */
export interface FleetCustomer {
  /** As declared, with defaults. */
  configuration: CustomerConfiguration;
  /** As written. */
  entry: unknown;
}

/** One stack of a fleet, and its customers. */
export interface FleetStack {
  /** `prod-011` */
  name: string;
  customers: readonly FleetCustomer[];
}

/** A stage with its layout. */
export interface FleetStage {
  /** Its name on the command line: `prod`. */
  name: string;
  project: Project;
  bits: number;
  /** The stage's file: `Pulumi.prod.yaml`. */
  file: string;
  configuration: StackConfiguration;
  /** The keys of the file beside `config`: how secrets are encrypted. */
  others: ReadonlyMap<string, unknown>;
  /** The file's values under `config`, without the customers. */
  ownValues: ReadonlyMap<string, unknown>;
  /** All values without the customers, including those of `Pulumi.yaml`. */
  values: ReadonlyMap<string, unknown>;
  /** In the order of the layout. A stack may have no customers. */
  stacks: readonly FleetStack[];
}

/** The keys that declare customers. */
const customerKeys = ["tenants:customers", "tenants:customersFrom"];

/** Returns whether a key declares customers, in any form that the engine reads. */
export function isOfCustomers(key: string, project: string): boolean {
  return customerKeys.includes(keyOfEngine(key, project));
}

/**
 * Reads the file of a stage, checks all of its customers, and assigns them to stacks.
 *
 * @param file the stage's file; default: `Pulumi.<stage>.yaml` in the project's folder
 * @throws {@link UsageError} if the file does not exist
 * @throws with all problems of the configuration
 */
export async function readStage(
  project: Project,
  name: string,
  { file = stackFileOf(project.folder, name), environment, bits = project.bitsOf(name) }: StageOptions,
): Promise<FleetStage> {
  if (!existsSync(file)) {
    throw new UsageError(
      `${file} is missing: a stage needs a file, like a stack. Name the stage: --stage <name>.`,
    );
  }
  const given = await readConfigurationFile(file);
  const read = await readWithoutEngine(given, environment, project.folder);
  if (read.problems.length > 0) throw new Error(describeProblems(read.problems));
  const { configuration } = read;
  if (configuration === undefined) {
    throw new Error(
      `${file} cannot be read without the engine: one of the stage's own settings is encrypted, or comes from an environment of Pulumi Cloud.`,
    );
  }
  const entries = new Map(read.entries.map((entry) => [nameOf(entry.value), entry.value]));
  const stacks = new Map(fleetStacks(name, bits).map((stack) => [stack, [] as FleetCustomer[]]));
  for (const customer of configuration.customers) {
    const entry = entries.get(customer.name);
    stacks.get(fleetStackOf(name, bits, customer.name))?.push({ configuration: customer, entry });
  }
  return {
    name,
    project,
    bits,
    file,
    configuration,
    others: given.others,
    ownValues: withoutCustomers(given.values, project),
    values: withoutCustomers(read.values, project),
    stacks: [...stacks].map(([stack, customers]) => ({ name: stack, customers })),
  };
}

/** The options for reading a stage. */
export interface StageOptions {
  file?: string | undefined;
  environment: EnvironmentVariables;
  /** Default: those of `Pulumi.yaml`. */
  bits?: number;
}

function withoutCustomers(values: ReadonlyMap<string, unknown>, { name }: Project): Map<string, unknown> {
  return new Map(
    [...values]
      .map(([key, value]) => [keyOfEngine(key, name), value] as const)
      .filter(([key]) => !customerKeys.includes(key)),
  );
}

function nameOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null && "name" in entry ? entry.name : undefined;
}
