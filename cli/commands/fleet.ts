import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { openFleet } from "resistant-tenants-operations/fleet/fleet";
import { type FleetCommand, runFleet } from "resistant-tenants-operations/fleet/run";
import { withReason } from "resistant-tenants-operations/stack/record";

import { type ExitCode, exitCodes } from "../command";
import { confirm } from "../confirm";
import { reportFleet } from "../print/fleet";
import { FleetProgress } from "../print/fleet-progress";

/** The options of all commands of a fleet. */
export interface StageOptions {
  stage: string;
  cwd?: string;
  configFile?: string;
  json?: true;
}

/** The options of `tenants fleet up|preview|refresh|destroy`. */
export interface FleetCommandOptions extends StageOptions {
  jobs?: number;
  only?: string;
  wait?: number;
  breakLock?: true;
  reason?: string;
  yes?: true;
}

/** Runs a command on all stacks of a stage. */
export async function runCommand(
  command: FleetCommand,
  options: FleetCommandOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const { stage, json, jobs, wait, breakLock, reason, only } = options;
  const fleet = await openFleet(options, withReason(environment, reason));
  if (command === "destroy" && options.yes !== true) {
    if (!(await confirm(`This deletes everything in all stacks of ${stage}. Continue?`)))
      return exitCodes.found;
  }
  const progress = new FleetProgress(process.stderr, environment);
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
  const startedAtMs = performance.now();
  try {
    const reports = await runFleet(fleet, command, {
      jobs,
      breakLock: breakLock === true,
      ...(only === undefined ? {} : { only: only.split(",").map((name) => name.trim()) }),
      ...(wait === undefined ? {} : { patienceMs: wait * 1000 }),
      progress,
      signal: ending.signal,
    });
    progress.close();
    const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10;
    await reportFleet(command, fleet.stage, reports, { seconds, isJson: json === true });
    const isWell = reports.every(({ outcome }) => ["done", "unchanged", "elsewhere"].includes(outcome));
    return isWell ? exitCodes.ok : exitCodes.failed;
  } finally {
    progress.close();
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}
