import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

/** A process of this machine. */
export interface RunningProcess {
  id: number;
  parent: number;
  /** The command line, as `ps` shows it. */
  command: string;
}

/** How long listing the processes may take, in milliseconds. */
const patienceMs = 2_000;

/**
 * Finds the engine that runs a program: it passes the program no option of its own.
 *
 * @param program the process id of the program
 */
export function findEngine(
  processes: readonly RunningProcess[],
  program: number,
): RunningProcess | undefined {
  return ancestorsOf(program, processes).find(isEngine) ?? descendantsOf(program, processes).find(isEngine);
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

/** Returns what a process has started, and what that has. */
export function descendantsOf(id: number, processes: readonly RunningProcess[]): RunningProcess[] {
  return processes
    .filter(({ parent, id: own }) => parent === id && own !== id)
    .flatMap((child) => [child, ...descendantsOf(child.id, processes)]);
}

/** Lists the processes of this machine; empty without a suitable `ps`. */
export async function runningProcesses(): Promise<RunningProcess[]> {
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
