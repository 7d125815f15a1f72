import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import type { Finding } from "resistant-tenants-operations/reconcile/finding";
import { describeFix } from "resistant-tenants-operations/reconcile/fix";
import {
  assertMayRepair,
  reconcile as lookAt,
  repair,
} from "resistant-tenants-operations/reconcile/reconcile";
import { reasonOf, withReason } from "resistant-tenants-operations/stack/record";
import { openStack, type Stack } from "resistant-tenants-operations/stack/stack";
import { UsageError } from "resistant-tenants-operations/usage";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { confirm } from "../confirm";
import { line } from "../print/output";
import { reportAsJson, reportAsText } from "../print/reconcile";
import { reportAsMarkdown } from "../print/reconcile-markdown";

/** The options of `tenants reconcile`. */
export interface ReconcileOptions extends CommandOptions {
  file?: string;
  fix?: true;
  markdown?: true;
  yes?: true;
  reason?: string;
}

/** Runs `tenants reconcile`. */
export async function reconcile(
  options: ReconcileOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  if (options.fix === true && options.file !== undefined) {
    throw new UsageError("--fix changes the stack's own state, not one from --file: use only one of them.");
  }
  const stack = await openStack(options, withReason(environment, options.reason));
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
  const first = { ...(await lookAt(stack, api, { file: options.file })), done: [] };
  const fixable = first.findings.filter(({ fix }) => fix !== undefined);
  if (options.fix !== true || fixable.length === 0) {
    write(first);
    return exitCodeOf(first.findings);
  }
  if (options.json !== true) write(first);
  const done: string[] = [];
  try {
    await assertMayRepair(first);
    const reason = reasonOf(stack);
    if (options.yes !== true && !(await isConfirmed(fixable))) {
      if (options.json === true) write(first);
      return exitCodes.found;
    }
    const onDone = (sentence: string): void => {
      done.push(sentence);
      process.stderr.write(`tenants: ${sentence}\n`);
    };
    await repair(stack, api, { agreed: fixable, reason, onDone });
  } catch (error) {
    if (options.json === true) write({ ...first, done });
    throw error;
  }
  if (options.json !== true) line();
  const last = { ...(await lookAt(stack, api)), done };
  write(last);
  return exitCodeOf(last.findings);
}

function isConfirmed(fixable: readonly Finding[]): Promise<boolean> {
  const list = fixable.flatMap((finding) =>
    finding.fix === undefined ? [] : [`  - ${describeFix(finding.fix)}`],
  );
  return confirm(`This will\n${list.join("\n")}\nContinue?`);
}

function exitCodeOf(findings: readonly Finding[]): ExitCode {
  return findings.some(({ severity }) => severity === "todo") ? exitCodes.found : exitCodes.ok;
}
