import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { describeEntries, type PrintedEntry } from "resistant-tenants-operations/entry/entry";
import type { CustomerSecret } from "resistant-tenants-operations/restore/customer-secrets";
import { carryOut, planRestoration } from "resistant-tenants-operations/restore/restore";
import { reasonOf, withReason } from "resistant-tenants-operations/stack/record";
import { openStack, type Stack } from "resistant-tenants-operations/stack/stack";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { confirm } from "../confirm";
import { json, line } from "../print/output";

/** The options of `tenants restore`. */
export interface RestoreOptions extends CommandOptions {
  yes?: true;
  reason?: string;
}

/** Runs `tenants restore`. */
export async function restore(
  customer: string,
  options: RestoreOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const stack = await openStack(options, withReason(environment, options.reason));
  const plan = await planRestoration(stack, customer);
  const { changes, waiting, missing, entry } = plan;
  const report = {
    stack: stack.name,
    customer,
    restored: waiting.map(withoutTags),
    imported: missing.map(withoutTags),
    ...(entry === undefined ? {} : { entry }),
    next: changes.length === 0 ? [] : [stack.pulumi.typed(["up"])],
  };
  if (changes.length > 0) {
    const reason = reasonOf(stack);
    const list = changes.map((change) => `  - ${change}`).join("\n");
    if (options.yes !== true && !(await confirm(`This will\n${list}\nContinue?`))) return exitCodes.found;
    await carryOut(stack, plan, reason);
  }
  if (options.json === true) json(report);
  else write(report, stack);
  return exitCodes.ok;
}

function withoutTags({ slot, arn, deletedAt }: CustomerSecret): Omit<CustomerSecret, "tags"> {
  return { slot, arn, ...(deletedAt === undefined ? {} : { deletedAt }) };
}

/** What was done, and what to do next. */
interface RestoreReport {
  customer: string;
  restored: readonly Pick<CustomerSecret, "arn">[];
  imported: readonly Pick<CustomerSecret, "arn" | "slot">[];
  entry?: PrintedEntry;
  next: readonly string[];
}

function write({ customer, restored, imported, entry, next }: RestoreReport, stack: Stack): void {
  if (next.length === 0) {
    line(`No secret of customer ${customer} waits for its deletion, and the state contains all of them.`);
  }
  for (const { arn } of restored) line(`restored   ${arn}`);
  for (const { slot, arn } of imported) line(`imported   ${slot}  ${arn}`);
  if (entry !== undefined) for (const each of describeEntries([entry], stack, true)) line(each);
  else if (next.length > 0) line(`Next, to store the current credential: ${next.join(", ")}`);
}
