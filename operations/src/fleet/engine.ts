import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, writeFile } from "node:fs/promises";
import path from "node:path";
import { kill } from "node:process";

import { z } from "zod";

import { cleaned, followLines, parseObject, problemIn } from "../stack/engine-output";
import { preloadOption, pulumiMissing } from "../stack/pulumi";
import { engineFile, type WorkFolder } from "./work-folder";

/** The result of a run of the engine. */
export interface EngineResult {
  exitCode: number;
  /** The number of its changes, by operation: `{ create: 12, same: 3 }`. */
  changes: Record<string, number>;
  /** The problem, in the engine's and the program's words; empty if there was none. */
  problem: string;
  stdout: string;
}

export interface EngineOptions {
  environment: Readonly<Record<string, string | undefined>>;
  /** Called after each operation that changed something, with their number. */
  onProgress?: ((done: number) => void) | undefined;
  /** Ends the engine, after its requests in flight have finished. */
  signal?: AbortSignal | undefined;
}

/** The most characters of a problem that are reported: its end. */
const longestProblem = 4_000;

const quiet = ["--non-interactive", "--color", "never"];

/** Variables that concern a selected stack, and no stack of a fleet. */
const ofOneStack = ["PULUMI_OPTION_STACK", "PULUMI_OPTION_CONFIG_FILE", "PULUMI_STACK"];

/**
 * Limits the young heap of each Node.js process, in MiB. By default Node.js lets it grow to four times as much, which
 * makes a program of forty customers no faster and needs 60 MB more.
 */
const youngHeap = "--max-semi-space-size=8";

/**
 * How many operations an engine has in flight. Creates that wait for the API's limit count as such: with the engine's
 * own default, four for each core, they kept it from creating secrets, and the API idle until those were there.
 */
export const operationsAtOnce = "64";

/**
 * Returns the environment of a fleet's engines. The given `PULUMI_PARALLEL` and `NODE_OPTIONS` override the fleet's own
 * in engines and providers; a program's options are in `Pulumi.yaml`.
 */
export function engineEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  backendUrl: string,
): Record<string, string> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !ofOneStack.includes(entry[0]),
  );
  return {
    PULUMI_PARALLEL: operationsAtOnce,
    ...Object.fromEntries(passed),
    NODE_OPTIONS: [youngHeap, preloadOption(), environment["NODE_OPTIONS"] ?? ""].join(" ").trim(),
    PULUMI_BACKEND_URL: backendUrl,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

/** Returns an environment in which the file of the passphrase is found from any folder; the engine looks in its own. */
export function withAbsoluteFiles(
  environment: Readonly<Record<string, string | undefined>>,
  projectFolder: string,
): Readonly<Record<string, string | undefined>> {
  const { PULUMI_CONFIG_PASSPHRASE_FILE: file = "" } = environment;
  if (file === "") return environment;
  return { ...environment, PULUMI_CONFIG_PASSPHRASE_FILE: path.resolve(projectFolder, file) };
}

/**
 * Runs a command of the engine in a work folder, in a process group of its own: a terminal's Ctrl-C reaches the fleet,
 * which passes it on once. It writes to files, so that it can finish even if the fleet is killed.
 */
export async function runEngine(
  work: WorkFolder,
  args: readonly string[],
  { environment, onProgress, signal }: EngineOptions,
): Promise<EngineResult> {
  const [out, err] = ["stdout", "stderr"].map((name) => path.join(work.directory, name)) as [string, string];
  const [stdout, stderr] = [await open(out, "w+", 0o600), await open(err, "w+", 0o600)];
  try {
    const child = spawn("pulumi", [...args, ...quiet], {
      cwd: work.project,
      env: environment,
      detached: true,
      stdio: ["ignore", stdout.fd, stderr.fd],
    });
    const closed = once(child, "close") as Promise<[number | null]>;
    closed.catch(() => undefined);
    if (child.pid === undefined) await closed.catch(rethrow);
    await writeFile(path.join(work.directory, engineFile), String(child.pid));
    const interrupt = (): void => {
      interruptEngine(child);
    };
    if (signal?.aborted === true) interrupt();
    signal?.addEventListener("abort", interrupt);
    const counter = new EventCounter(onProgress);
    const ended = new AbortController();
    const exit = closed.finally(() => {
      ended.abort();
    });
    const following = followLines(out, ended.signal, (line) => {
      counter.take(line);
    });
    const [[exitCode]] = await Promise.all([exit, following]).finally(() => {
      signal?.removeEventListener("abort", interrupt);
    });
    const [written, said] = [await textOf(stdout), await textOf(stderr)];
    return {
      exitCode: exitCode ?? 128,
      changes: counter.changes,
      problem: exitCode === 0 ? "" : (problemIn(written) ?? cleaned(said)).slice(-longestProblem),
      stdout: written,
    };
  } finally {
    await Promise.all([stdout.close(), stderr.close()]);
  }
}

function rethrow(error: unknown): never {
  throw pulumiMissing(error);
}

function interruptEngine({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) kill(-pid, "SIGINT");
  } catch {
    // It has already ended.
  }
}

async function textOf(file: Awaited<ReturnType<typeof open>>): Promise<string> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(size);
  await file.read(buffer, 0, size, 0);
  return buffer.toString("utf8");
}

const doneSchema = z.object({ resOutputsEvent: z.object({ metadata: z.object({ op: z.string() }) }) });
const summarySchema = z.object({
  summaryEvent: z.object({ resourceChanges: z.record(z.string(), z.number()).nullish() }),
});
/**
 * Counts the operations in the engine's events, line by line. Nothing else of the events is stored: they may contain
 * anything.
 */
class EventCounter {
  changes: Record<string, number> = {};
  #done = 0;

  constructor(private readonly onProgress: ((done: number) => void) | undefined) {}

  take(line: string): void {
    const event = parseObject(line);
    if (event === undefined) return;
    const op = doneSchema.safeParse(event).data?.resOutputsEvent.metadata.op;
    if (op !== undefined && !["same", "read", "refresh"].includes(op)) this.onProgress?.((this.#done += 1));
    const summary = summarySchema.safeParse(event).data?.summaryEvent;
    if (summary !== undefined) this.changes = summary.resourceChanges ?? {};
  }
}
