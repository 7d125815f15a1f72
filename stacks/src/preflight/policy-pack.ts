import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

import * as pulumi from "@pulumi/pulumi";
import { isCi } from "pulumi-resistant-tenants/internal/actor";
import { stageTable } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ProgramRun } from "../run/program-run";

/** A process of this machine. */
export interface RunningProcess {
  id: number;
  parent: number;
  /** The command line, as `ps` shows it. */
  command: string;
}

/** How long listing the processes may take, in milliseconds; without the list nothing is reported. */
const patienceMs = 2_000;

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
  const engine =
    ancestorsOf(program, processes).find(isEngine) ?? descendantsOf(program, processes).find(isEngine);
  if (engine === undefined) return undefined;
  return (
    /\s--policy-pack(?:[\s=]|$)/.test(engine.command) ||
    descendantsOf(engine.id, processes).some(({ command }) =>
      /run-policy-pack|pulumi-analyzer-/.test(command),
    )
  );
}

function isEngine({ command }: RunningProcess): boolean {
  const [program = ""] = command.split(/\s/, 1);
  return path.basename(program) === "pulumi";
}

/** The nearest first. */
function ancestorsOf(id: number, processes: readonly RunningProcess[]): RunningProcess[] {
  const own = processes.find((one) => one.id === id);
  const parent = processes.find((one) => one.id === own?.parent && one.id !== id);
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent.id, processes)];
}

function descendantsOf(id: number, processes: readonly RunningProcess[]): RunningProcess[] {
  return processes
    .filter(({ parent, id: own }) => parent === id && own !== id)
    .flatMap((child) => [child, ...descendantsOf(child.id, processes)]);
}

/** Lists the processes of this machine; empty without a suitable `ps`. */
async function runningProcesses(): Promise<RunningProcess[]> {
  const options = { timeout: patienceMs, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout } = await promisify(execFile)("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], options);
    return readProcesses(stdout);
  } catch {
    return [];
  }
}

/** Parses the output of `ps -o pid=,ppid=,args=`. */
export function readProcesses(text: string): RunningProcess[] {
  return text.split("\n").flatMap((line) => {
    const [, id, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ id: Number(id), parent: Number(parent), command }];
  });
}
