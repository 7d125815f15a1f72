import type { CustomerRecord } from "pulumi-resistant-tenants";
import { customerRecordSchema } from "pulumi-resistant-tenants/internal/stack-outputs";
import { toCredentials } from "resistant-tenants-operations/credentials";
import { z } from "zod";

import type { AppliedCustomer, RetiringGeneration } from "../customers/save-applied";
import type { StartingState } from "../plan/starting-state";
import { type Entry, readEntry } from "../requests/entry";
import type { StackSources } from "../settings/stage-configuration";
import type { StackSettings } from "./job-folder";
import type { Wanted } from "./wanted";
import type { CustomerRow, Work } from "./work";

/** Reads a customer's state after an update from the stack's outputs and resources. */
export async function customerResult(
  { context }: Pick<Work, "context">,
  { name, stage }: CustomerRow,
  found: {
    entry: Entry;
    status: Wanted["status"];
    endsOn?: string | null | undefined;
    state: StartingState;
    stackSettings: StackSettings;
  },
): Promise<AppliedCustomer> {
  const { entry, status, endsOn, state, stackSettings } = found;
  const { settings, now } = context;
  return {
    name,
    entry,
    record: customerRecordSchema.parse(customersIn(state)[name]),
    status,
    stackSettings,
    lastUpdate: state.lastUpdate ?? null,
    ...(endsOn === undefined ? {} : { endsOn }),
    retiring: await retiringIn(settings, stage, entry, state, now()),
  };
}

/** Reads a customer's record from a state; undefined if the state has none. */
export function recordIn(state: Pick<StartingState, "outputs">, name: string): CustomerRecord | undefined {
  return customerRecordSchema.safeParse(customersIn(state)[name]).data;
}

function customersIn({ outputs }: Pick<StartingState, "outputs">): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).catch({}).parse(outputs["customers"]);
}

/**
 * Finds the generations of a customer's credentials in a state that have a successor, and when they will be
 * deleted.
 */
async function retiringIn(
  settings: StackSources,
  stage: string,
  entry: Entry,
  { resources }: Pick<StartingState, "resources">,
  now: Date,
): Promise<RetiringGeneration[]> {
  const read = readEntry(settings, stage, entry);
  if (!("customer" in read)) return [];
  const credentials = await toCredentials([read.customer], resources, now.getTime());
  return credentials.flatMap(({ cell, purpose, retiring }) =>
    retiring.map(({ generation, clientId, until }) => ({ cell, purpose, generation, clientId, until })),
  );
}
