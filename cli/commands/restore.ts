import { describeDeletion } from "pulumi-resistant-tenants/internal/vocabulary";

import type { CommandOptions } from "../command";
import { configurationOf } from "resistant-tenants-operations/configuration/of-stack";
import { confirm } from "../confirm";
import { describeEntries } from "resistant-tenants-operations/entry/describe";
import type { PrintedEntry } from "resistant-tenants-operations/entry/entry";
import { type ExitCode, exitCodes } from "../exit-codes";
import { UsageError } from "resistant-tenants-operations/usage-error";
import { json, line } from "../print/output";
import { reasonOf, recordOfStack, withReason } from "resistant-tenants-operations/stack/record";
import {
  type CustomerSecret,
  findCustomerSecrets,
  restoreSecrets,
} from "resistant-tenants-operations/restore/customer-secrets";
import { entryForRestored } from "resistant-tenants-operations/restore/entry";
import { importSecrets, readHeldCustomer } from "resistant-tenants-operations/restore/import";
import { openStack, type Stack } from "resistant-tenants-operations/stack/stack";

/** The options of `tenants restore`. */
export interface RestoreOptions extends CommandOptions {
  yes?: true;
  reason?: string;
}

/** Runs `tenants restore`. */
export async function restore(customer: string, options: RestoreOptions): Promise<ExitCode> {
  const stack = await openStack(options, withReason(process.env, options.reason));
  await assertDeclared(stack, customer);
  const [secrets, held] = await Promise.all([
    findCustomerSecrets(stack, customer),
    readHeldCustomer(stack, customer),
  ]);
  const waiting = secrets.filter(({ deletedAt }) => deletedAt !== undefined);
  const missing = secrets.filter(({ arn }) => !held.secrets.has(arn));
  const changed = secrets.filter((secret) => waiting.includes(secret) || missing.includes(secret));
  const entry = await entryForRestored(stack, customer, secrets);
  const report = {
    stack: stack.name,
    customer,
    restored: waiting.map(withoutTags),
    imported: missing.map(withoutTags),
    ...(entry === undefined ? {} : { entry }),
    next: changed.length === 0 ? [] : [stack.pulumi.typed(["up"])],
  };
  if (changed.length > 0) {
    const reason = reasonOf(stack);
    const list = changed.map((secret) => `  - ${describe(secret, missing.includes(secret))}`).join("\n");
    if (options.yes !== true && !(await confirm(`This will\n${list}\nGo on?`))) return exitCodes.found;
    const record = await recordOfStack(stack, reason);
    await restoreSecrets(stack, record, waiting);
    if (missing.length > 0) await importSecrets(stack, record, { customer, urn: held.urn }, missing);
  }
  if (options.json === true) json(report);
  else write(report, stack);
  return exitCodes.ok;
}

/** What is not declared would be deleted again by the next update. */
async function assertDeclared(stack: Stack, customer: string): Promise<void> {
  const { customers } = await configurationOf(stack);
  if (customers.some(({ name }) => name === customer)) return;
  throw new UsageError(
    `The configuration of ${stack.name} declares no customer ${customer}: add it to tenants:customers first. Nothing was changed.`,
  );
}

function withoutTags({ slot, arn, deletedAt }: CustomerSecret): Omit<CustomerSecret, "tags"> {
  return { slot, arn, ...(deletedAt === undefined ? {} : { deletedAt }) };
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

/** What was done, and what comes next. */
interface RestoreReport {
  customer: string;
  restored: readonly Pick<CustomerSecret, "arn">[];
  imported: readonly Pick<CustomerSecret, "arn" | "slot">[];
  entry?: PrintedEntry;
  next: readonly string[];
}

function write({ customer, restored, imported, entry, next }: RestoreReport, stack: Stack): void {
  if (next.length === 0) {
    line(`No secret of customer ${customer} waits for its deletion, and the state holds all there are.`);
  }
  for (const { arn } of restored) line(`restored   ${arn}`);
  for (const { slot, arn } of imported) line(`imported   ${slot}  ${arn}`);
  if (entry !== undefined) for (const each of describeEntries([entry], stack, true)) line(each);
  else if (next.length > 0) line(`Next, to store the current credential: ${next.join(", ")}`);
}
