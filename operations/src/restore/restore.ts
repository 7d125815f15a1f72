import { describeDeletion } from "pulumi-resistant-tenants/internal/vocabulary";
import type { CustomerConfiguration } from "resistant-tenants-stacks/configuration";

import type { PrintedEntry } from "../entry/entry";
import { recordOfStack } from "../stack/record";
import { configurationOf, type Stack } from "../stack/stack";
import { UsageError } from "../usage";
import { type CustomerSecret, findCustomerSecrets, restoreSecrets } from "./customer-secrets";
import { entryForRestored } from "./entry";
import { importSecrets, readHeldCustomer } from "./import";

/** What to do for a customer whose secrets were deleted or are in no state. */
export interface Restoration {
  customer: string;
  /** A line for each secret, in the order of the secrets. */
  changes: readonly string[];
  /** The secrets to restore from deletion. */
  waiting: readonly CustomerSecret[];
  /** The secrets to import into the state. */
  missing: readonly CustomerSecret[];
  /** The URN of the customer's component; undefined if the state has none. */
  parentUrn: string | undefined;
  /** The entry that adopts what the state lacks; undefined if it lacks nothing. */
  entry: PrintedEntry | undefined;
}

/**
 * Plans how to restore a customer's secrets. It changes nothing.
 *
 * @throws {@link UsageError} if the configuration does not declare the customer: the next update would delete
 * them again
 */
export async function planRestoration(stack: Stack, customer: string): Promise<Restoration> {
  const declared = await findDeclared(stack, customer);
  const [secrets, held] = await Promise.all([
    findCustomerSecrets(stack, declared),
    readHeldCustomer(stack, customer),
  ]);
  const waiting = secrets.filter(({ deletedAt }) => deletedAt !== undefined);
  const missing = secrets.filter(({ arn }) => !held.secrets.has(arn));
  const changed = secrets.filter((secret) => waiting.includes(secret) || missing.includes(secret));
  return {
    customer,
    changes: changed.map((secret) => describe(secret, missing.includes(secret))),
    waiting,
    missing,
    parentUrn: held.urn,
    entry: await entryForRestored(stack, customer, secrets),
  };
}

/** Restores a customer's secrets and records it. */
export async function carryOut(
  stack: Stack,
  { customer, waiting, missing, parentUrn }: Restoration,
  reason: string | undefined,
): Promise<void> {
  const record = await recordOfStack(stack, reason);
  await restoreSecrets(stack, record, waiting);
  if (missing.length > 0) await importSecrets(stack, record, { customer, urn: parentUrn }, missing);
}

async function findDeclared(stack: Stack, customer: string): Promise<CustomerConfiguration> {
  const { customers } = await configurationOf(stack);
  const declared = customers.find(({ name }) => name === customer);
  if (declared !== undefined) return declared;
  throw new UsageError(
    `The configuration of ${stack.name} declares no customer ${customer}: add it to tenants:customers first. Nothing was changed.`,
  );
}

function describe({ slot, arn, deletedAt }: CustomerSecret, isMissing: boolean): string {
  const what = [
    ...(deletedAt === undefined ? [] : [`restore ${arn} from its deletion (${describeDeletion(deletedAt)})`]),
    ...(isMissing ? [`import ${deletedAt === undefined ? arn : "it"} into the state as ${slot}`] : []),
  ];
  return what.join(", and ");
}
