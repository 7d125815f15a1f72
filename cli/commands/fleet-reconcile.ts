import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { type Fleet, openFleet } from "resistant-tenants-operations/fleet/fleet";
import { reconcileFleet, repairFleet, shortName } from "resistant-tenants-operations/fleet/reconcile";
import { describeFix } from "resistant-tenants-operations/reconcile/fix";
import type { Reconciliation } from "resistant-tenants-operations/reconcile/reconcile";
import { reasonOf, withReason } from "resistant-tenants-operations/stack/record";

import { type ExitCode, exitCodes } from "../command";
import { confirm } from "../confirm";
import { json, line } from "../print/output";
import { type Report, reportAsText, toJsonReport } from "../print/reconcile";
import type { StageOptions } from "./fleet";

/** The options of `tenants fleet reconcile`. */
export interface FleetReconcileOptions extends StageOptions {
  fix?: true;
  yes?: true;
  reason?: string;
}

/** Runs `tenants fleet reconcile`. */
export async function reconcile(
  options: FleetReconcileOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const fleet = await openFleet(options, withReason(environment, options.reason));
  const found = await reconcileFleet(fleet);
  const fixable = found.filter(({ findings }) => findings.some(({ fix }) => fix !== undefined));
  const [first] = fixable;
  if (options.fix !== true || first === undefined) {
    write(options, found.map(undone));
    return isToDo(found) ? exitCodes.found : exitCodes.ok;
  }
  if (options.json !== true) write(options, found.map(undone));
  const reason = reasonOf(first.stack);
  if (options.yes !== true && !(await isConfirmed(fixable))) {
    if (options.json === true) write(options, found.map(undone));
    return exitCodes.found;
  }
  return fix({ fleet, found, fixable, reason }, options);
}

interface Found {
  fleet: Fleet;
  found: readonly Reconciliation[];
  fixable: readonly Reconciliation[];
  reason: string | undefined;
}

async function fix(
  { fleet, found, fixable, reason }: Found,
  options: FleetReconcileOptions,
): Promise<ExitCode> {
  const done = new Map<string, string[]>();
  const problems = await repairFleet(fleet, {
    agreed: fixable,
    reason,
    onDone: (stack, sentence) => {
      done.set(stack, [...(done.get(stack) ?? []), sentence]);
      process.stderr.write(`tenants: ${stack}: ${sentence}\n`);
    },
  });
  const names = new Set(fixable.map(({ stack }) => shortName(stack)));
  const again = new Map(
    (await reconcileFleet(fleet, names)).map((one) => [shortName(one.stack), one] as const),
  );
  const last = found.flatMap((one) =>
    names.has(shortName(one.stack)) ? (again.get(shortName(one.stack)) ?? []) : one,
  );
  const changed = options.json === true ? last : last.filter(({ stack }) => names.has(shortName(stack)));
  write(
    options,
    changed.map((one) => ({ ...one, done: done.get(shortName(one.stack)) ?? [] })),
  );
  for (const [stack, problem] of problems) process.stderr.write(`tenants: ${stack}: ${problem}\n`);
  if (problems.size > 0) return exitCodes.failed;
  return isToDo(last) ? exitCodes.found : exitCodes.ok;
}

function undone(one: Reconciliation): Report {
  return { ...one, done: [] };
}

function write({ json: isJson }: FleetReconcileOptions, reports: readonly Report[]): void {
  if (isJson === true) json(reports.map(toJsonReport));
  for (const report of isJson === true ? [] : reports) {
    reportAsText(report);
    line();
  }
}

function isToDo(found: readonly Reconciliation[]): boolean {
  return found.some(({ findings }) => findings.some(({ severity }) => severity === "todo"));
}

function isConfirmed(fixable: readonly Reconciliation[]): Promise<boolean> {
  const list = fixable.flatMap(({ stack, findings }) =>
    findings.flatMap(({ fix: wanted }) =>
      wanted === undefined ? [] : [`  - ${shortName(stack)}: ${describeFix(wanted)}`],
    ),
  );
  return confirm(`This will\n${list.join("\n")}\nContinue?`);
}
