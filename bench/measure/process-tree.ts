import { readdirSync, readFileSync } from "node:fs";

/** The resources used by the processes of one piece of work; undefined on a system without `/proc`. */
export interface ProcessUsage {
  /** Processor time of all of them, in seconds. */
  readonly cpuS: number;
  /** The share of each kind of process, in seconds. */
  readonly cpuByKindS: Readonly<Partial<Record<ProcessKind, number>>>;
  /** The largest resident memory of one process of each kind, in MB. */
  readonly peakMb: Readonly<Partial<Record<ProcessKind, number>>>;
}

/** What a process is: this project's own are the program and its provider. */
export type ProcessKind = "engine" | "program" | "provider" | "other";

/** The interval of sampling, in milliseconds: what a process does after the last sample is not counted. */
const periodMs = 100;

/** The kernel counts processor time in hundredths of a second. */
const ticksPerSecond = 100;

interface Seen {
  kind: ProcessKind;
  ticks: number;
  peakKb: number;
}

/** Watches all processes that this process starts from now on. */
export class ProcessTree {
  private readonly seen = new Map<string, Seen>();
  private readonly ignored: ReadonlySet<number>;
  private readonly timer: NodeJS.Timeout | undefined;

  /** @param ignored the stand-ins' processes, which work for every peer */
  constructor(ignored: readonly number[]) {
    this.ignored = new Set(ignored);
    this.timer = process.platform === "linux" ? setInterval(this.look, periodMs) : undefined;
  }

  /** Ends the watch, and sums up. */
  end(): ProcessUsage | undefined {
    if (this.timer === undefined) return undefined;
    clearInterval(this.timer);
    const all = [...this.seen.values()];
    const peakMb: Partial<Record<ProcessKind, number>> = {};
    const cpuByKindS: Partial<Record<ProcessKind, number>> = {};
    for (const { kind, peakKb, ticks } of all) {
      peakMb[kind] = Math.max(peakMb[kind] ?? 0, peakKb / 1024);
      cpuByKindS[kind] = (cpuByKindS[kind] ?? 0) + ticks / ticksPerSecond;
    }
    const cpuS = all.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
    return { cpuS, cpuByKindS, peakMb };
  }

  private readonly look = (): void => {
    const processes = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readStat(Number(name)));
    const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
    const isOurs = (pid: number): boolean => {
      for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) {
        if (this.ignored.has(at)) return false;
        if (at === process.pid) return true;
      }
      return false;
    };
    for (const { pid, startedAt, ticks } of processes) {
      // A process whose parent has ended still counts. Process ids are reused, so its start time is part of the key.
      const key = `${pid} ${startedAt}`;
      if (pid === process.pid || !(this.seen.has(key) || isOurs(pid))) continue;
      const kind = kindOf(pid);
      const before = this.seen.get(key);
      const peakKb = Math.max(before?.peakKb ?? 0, peakOf(pid));
      this.seen.set(key, { kind: kind ?? before?.kind ?? "other", ticks, peakKb });
    }
  };
}

interface Stat {
  pid: number;
  parent: number;
  startedAt: string;
  ticks: number;
}

/** Reads `/proc/<pid>/stat`: the fields after the command's name, which may hold spaces. */
function readStat(pid: number): Stat[] {
  const text = read(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined) return [];
  const [parent, utime, stime, startedAt] = [fields[1], fields[11], fields[12], fields[19]];
  return [{ pid, parent: Number(parent), startedAt: startedAt ?? "", ticks: Number(utime) + Number(stime) }];
}

function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1] ?? 0);
}

function kindOf(pid: number): ProcessKind | undefined {
  const command = read(`/proc/${pid}/cmdline`);
  if (command === undefined || command === "") return undefined;
  return kindOfCommand(command.split("\0"));
}

/** Returns the kind of process of a command line. */
export function kindOfCommand([program = "", ...args]: readonly string[]): ProcessKind {
  const script = args.find((argument) => !argument.startsWith("-")) ?? "";
  if (/(?:^|\/)(?:pulumi|tofu)$/.test(program)) return "engine";
  if (/terraform-provider-restapi/.test(program) || /@pulumi\/pulumi\/cmd\/dynamic-provider/.test(script)) {
    return "provider";
  }
  if (/@pulumi\/pulumi\/cmd\/run\b/.test(script) || /undici\/script\.js$/.test(script)) return "program";
  return "other";
}

/** A process may end at any time. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
