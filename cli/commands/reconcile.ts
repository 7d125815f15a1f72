import type { TenantManagementApi } from "pulumi-resistant-tenants/client";

import type { CommandOptions } from "../command";
import { confirm } from "../confirm";
import { type ExitCode, exitCodes } from "../exit-codes";
import { UsageError } from "resistant-tenants-operations/usage-error";
import { compare } from "resistant-tenants-operations/reconcile/compare";
import { entriesFor } from "resistant-tenants-operations/reconcile/entries";
import type { Finding } from "resistant-tenants-operations/reconcile/finding";
import {
  applyFixes,
  assertNoUpdateRuns,
  assertRecordIsReadable,
  describeFix,
} from "resistant-tenants-operations/reconcile/fix";
import { gather } from "resistant-tenants-operations/reconcile/gather";
import { reportAsMarkdown } from "../print/reconcile-markdown";
import { type Report, reportAsJson, reportAsText } from "../print/reconcile";
import { line } from "../print/output";
import { reasonOf, recordOfStack, withReason } from "resistant-tenants-operations/stack/record";
import { openStack, type Stack } from "resistant-tenants-operations/stack/stack";

/** The options of `tenants reconcile`. */
export interface ReconcileOptions extends CommandOptions {
  file?: string;
  fix?: true;
  markdown?: true;
  yes?: true;
  reason?: string;
}

/** Runs `tenants reconcile`. */
export async function reconcile(options: ReconcileOptions): Promise<ExitCode> {
  if (options.fix === true && options.file !== undefined) {
    throw new UsageError(
      "--fix works on the stack's own state, not on one of a --file: leave one of them out.",
    );
  }
  const stack = await openStack(options, withReason(process.env, options.reason));
  const api = await stack.connect();
  try {
    return await reconcileWith(stack, api, options);
  } finally {
    await api.close();
  }
}

async function reconcileWith(
  stack: Stack,
  api: TenantManagementApi,
  options: ReconcileOptions,
): Promise<ExitCode> {
  const write =
    options.json === true ? reportAsJson : options.markdown === true ? reportAsMarkdown : reportAsText;
  const first = await look(stack, api, options);
  const fixable = first.findings.filter(({ fix }) => fix !== undefined);
  if (options.fix !== true || fixable.length === 0) {
    write(first);
    return exitCodeOf(first.findings);
  }
  if (options.json !== true) write(first);
  const done: string[] = [];
  try {
    assertRecordIsReadable(first.comparison);
    await assertNoUpdateRuns(stack, first.comparison);
    const reason = reasonOf(stack);
    if (options.yes !== true && !(await isConfirmed(fixable))) {
      if (options.json === true) write(first);
      return exitCodes.found;
    }
    await fix(stack, api, { agreed: fixable, reason, done });
  } catch (error) {
    if (options.json === true) write({ ...first, done });
    throw error;
  }
  if (options.json !== true) line();
  const last = { ...(await look(stack, api, options)), done };
  write(last);
  return exitCodeOf(last.findings);
}

async function look(stack: Stack, api: TenantManagementApi, { file }: ReconcileOptions): Promise<Report> {
  const { comparison, warnings } = await gather(stack, api, file);
  const findings = compare(comparison);
  const entries = await entriesFor(stack, api, comparison, findings);
  return {
    stack,
    comparison,
    warnings: [...warnings, ...entries.warnings],
    findings,
    entries: entries.entries,
    done: [],
  };
}

function isConfirmed(fixable: readonly Finding[]): Promise<boolean> {
  const list = fixable.flatMap((finding) =>
    finding.fix === undefined ? [] : [`  - ${describeFix(finding.fix)}`],
  );
  return confirm(`This will\n${list.join("\n")}\nGo on?`);
}

/** Looks once more, since the question may have stood for long: what is no longer found is left alone. */
async function fix(
  stack: Stack,
  api: TenantManagementApi,
  { agreed, reason, done }: { agreed: readonly Finding[]; reason: string | undefined; done: string[] },
): Promise<void> {
  const { comparison, findings } = await look(stack, api, {});
  await assertNoUpdateRuns(stack, comparison);
  const isAgreed = ({ fix: wanted }: Finding): boolean =>
    agreed.some(({ fix: known }) => JSON.stringify(known) === JSON.stringify(wanted));
  const record = await recordOfStack(stack, reason);
  await applyFixes({ stack, api, record }, comparison, findings.filter(isAgreed), (each) => {
    done.push(each);
    process.stderr.write(`tenants: ${each}\n`);
  });
}

function exitCodeOf(findings: readonly Finding[]): ExitCode {
  return findings.some(({ severity }) => severity === "todo") ? exitCodes.found : exitCodes.ok;
}
