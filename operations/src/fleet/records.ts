import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { fleetBitsIn, fleetStackOf, typedCommand } from "pulumi-resistant-tenants/internal/vocabulary";

import type { StackOptions } from "../stack/pulumi";
import { type ListedCustomer, readRecords, type Records, toRecords, withDeletion } from "../stack/records";
import { openBackend, projectOf } from "./backend";
import type { FleetState } from "./states";

/** Selects the records of a stack, or of all stacks of a stage. */
export interface RecordOptions extends StackOptions {
  /** The stage's name on the command line: `prod`. */
  stage?: string;
}

/** One stack's records. */
interface OfStack {
  stack: string;
  records: Records;
}

/**
 * Reads the system of record of a stack, or of a stage: all stacks of a fleet are read as one. If a project
 * has a fleet, the name of a stage selects the whole stage.
 *
 * @throws if nothing was ever brought up
 */
export async function readAllRecords(
  options: RecordOptions,
  environment: EnvironmentVariables,
): Promise<Records> {
  const name = options.stage ?? options.stack;
  if (name === undefined) return readRecords(options, environment);
  const bits = (await projectOf(options)).bitsOf(name);
  if (options.stage === undefined && bits === 0) return readRecords(options, environment);
  const backend = await openBackend(options, environment);
  const stacks = (await backend.states.list()).filter((stack) => fleetBitsIn(name, stack) !== undefined);
  const states = await backend.readAll(stacks);
  const up = typedCommand(["npm", "run", "tenants", "--", "fleet", "up", "--stage", name]);
  const all = [...states].flatMap(([stack, state]) => recordsOf(stack, state, up));
  if (all.length === 0)
    throw new Error(`Stage ${name} has no record of customers. Run \`${up}\`, which writes one.`);
  return asOne(all, states, (customer) => fleetStackOf(name, bits, customer));
}

function recordsOf(stack: string, { resources }: FleetState, up: string): OfStack[] {
  const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs["customers"];
  if (typeof outputs !== "object" || outputs === null) return [];
  return [{ stack, records: toRecords(outputs as Record<string, unknown>, up) }];
}

/**
 * Merges the records of several stacks. A customer's record comes from its stack of the layout or, until that
 * stack has been brought up after a split, from the stack where it was before.
 */
function asOne(
  all: readonly OfStack[],
  states: ReadonlyMap<string, FleetState>,
  stackOf: (customer: string) => string,
): Records {
  const held = new Set(
    [...states.values()].flatMap((state) => state.held.tenants.map(({ tenantId }) => tenantId)),
  );
  const customers = new Map<string, ListedCustomer>();
  const unreadable = new Map<string, string>();
  for (const { stack, records } of all) {
    for (const [name, record] of Object.entries(records.customers)) {
      const isHere = stackOf(name) === stack;
      const wasHere = !customers.has(name) && held.has(record.tenantId);
      if (isHere || wasHere) customers.set(name, withDeletion(record, held));
    }
    for (const [name, problem] of records.unreadable)
      if (stackOf(name) === stack) unreadable.set(name, problem);
  }
  return { customers: Object.fromEntries(customers), unreadable };
}
