import * as pulumi from "@pulumi/pulumi";
import { isCi } from "pulumi-resistant-tenants/internal/actor";
import { stageTable } from "pulumi-resistant-tenants/internal/vocabulary";

import { descendantsOf, findEngine, type RunningProcess, runningProcesses } from "../run/engine-process";
import type { ProgramRun } from "../run/program-run";

/**
 * Warns that an `up` runs without the policy pack, if a person runs it in a stage that the pack checks. In CI
 * the workflows use the pack, which a rule of the repository ensures. If it cannot be determined, nothing is
 * reported.
 */
export async function warnOfMissingPolicyPack({
  settings: { stage },
  environment,
}: Pick<ProgramRun, "settings" | "environment">): Promise<void> {
  if (pulumi.runtime.isDryRun() || !stageTable[stage].isProtected || isCi(environment)) return;
  if (isGiven(environment)) return;
  if (hasPolicyPack(await runningProcesses(), process.pid) !== false) return;
  await pulumi.log.warn(
    `This update of a stack in ${stage} runs without the policy pack, so its rules are not checked. ` +
      "Run it with --policy-pack policy --policy-pack-config policy/production.json (docs/policy.md).",
  );
}

/** The engine also takes each option from the environment. */
function isGiven(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment["PULUMI_OPTION_POLICY_PACK"] ?? "").trim() !== "";
}

/**
 * Returns whether the engine that runs a program runs a policy pack: according to its command line or, if the
 * backend requires a pack, to the process that runs it.
 *
 * @param program the process id of the program
 * @returns undefined if no engine is found
 */
export function hasPolicyPack(processes: readonly RunningProcess[], program: number): boolean | undefined {
  const engine = findEngine(processes, program);
  if (engine === undefined) return undefined;
  return (
    /\s--policy-pack(?:[\s=]|$)/.test(engine.command) ||
    descendantsOf(engine.id, processes).some(({ command }) =>
      /run-policy-pack|pulumi-analyzer-/.test(command),
    )
  );
}
