import { describeDeletion } from "pulumi-resistant-tenants/internal/vocabulary";

import { configurationOf } from "../configuration/of-stack";
import type { PrintedEntry } from "../entry/entry";
import { recordOfStack } from "../stack/record";
import type { Stack } from "../stack/stack";
import { UsageError } from "../usage";
import { type CustomerSecret, findCustomerSecrets, restoreSecrets } from "./customer-secrets";
import { entryForRestored } from "./entry";
import { importSecrets, readHeldCustomer } from "./import";

/** What is to be done for a customer whose secrets were deleted, or are in no state. */
export interface Restoration {
  customer: string;
  /** What is done, a line for each secret, in the order of the secrets. */
  changes: readonly string[];
  /** The secrets that are taken back from their deletion. */
  waiting: readonly CustomerSecret[];
  /** The secrets that are taken into the state. */
  missing: readonly CustomerSecret[];
  /** The URN of the customer's component; undefined where the state has none. */
  parentUrn: string | undefined;
  /** The entry that takes over what the state does not hold; undefined where it needs none. */
  entry: PrintedEntry | undefined;
}

/**
 * Finds out what is to be done to restore a customer's secrets. It changes nothing.
 *
 * @throws {@link UsageError} where the configuration does not declare the customer: the next update would delete them again
 */
export async function planRestoration(stack: Stack, customer: string): Promise<Restoration> {
  await assertDeclared(stack, customer);
  const [secrets, held] = await Promise.all([
    findCustomerSecrets(stack, customer),
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

/** Restores a customer's secrets, on the record. */
export async function carryOut(
  stack: Stack,
  { customer, waiting, missing, parentUrn }: Restoration,
  reason: string | undefined,
): Promise<void> {
  const record = await recordOfStack(stack, reason);
  await restoreSecrets(stack, record, waiting);
  if (missing.length > 0) await importSecrets(stack, record, { customer, urn: parentUrn }, missing);
}

async function assertDeclared(stack: Stack, customer: string): Promise<void> {
  const { customers } = await configurationOf(stack);
  if (customers.some(({ name }) => name === customer)) return;
  throw new UsageError(
    `The configuration of ${stack.name} declares no customer ${customer}: add it to tenants:customers first. Nothing was changed.`,
  );
}

function describe({ slot, arn, deletedAt }: CustomerSecret, isMissing: boolean): string {
  const what = [
    ...(deletedAt === undefined
      ? []
      : [`take ${arn} back from its deletion (${describeDeletion(deletedAt)})`]),
    ...(isMissing ? [`take ${deletedAt === undefined ? arn : "it"} into the state as ${slot}`] : []),
  ];
  return what.join(", and ");
}
