import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

import { SandboxError } from "./errors";

/** What a child process left behind. */
export interface ProcessResult {
  /** The exit code; 128 where a signal ended it, as shells count from there. */
  readonly exitCode: number;
  /** What it wrote, empty where its output was inherited. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment; default: this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * `inherit` shows the output on this process's own; `terminal` does so, too, and gives the program the keyboard where
   * there is one: without it many draw no progress. Default: `capture`.
   */
  readonly output?: "inherit" | "terminal" | "capture";
  /** Ends the process and all it started after so many milliseconds; default: never. */
  readonly timeoutMs?: number;
  /** Interrupts the process (SIGINT), which may finish in its own way; what it still runs after a minute is killed. */
  readonly signal?: AbortSignal;
}

/** How long an interrupted process may take to finish in its own way. */
const interruptGraceMs = 60_000;

/**
 * Runs a program to its end, without a shell, in a process group of its own: a Ctrl-C at the terminal reaches it only
 * through `signal`, once.
 *
 * @returns Resolves with its exit code and output, whatever the exit code is.
 * @throws SandboxError `TIMED_OUT`, and Node's own error (`code` ENOENT) where there is no such program.
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  options.signal?.throwIfAborted();
  const output = options.output === undefined || options.output === "capture" ? "pipe" : "inherit";
  const input = options.output === "terminal" && process.stdin.isTTY ? "inherit" : "ignore";
  const child = spawn(command, args, { ...common(options), stdio: [input, output, output] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const killGroup = (): void => {
    signalGroup(child, "SIGKILL");
  };
  const timedOut = new AbortController();
  timedOut.signal.addEventListener("abort", killGroup);
  let killTimer: NodeJS.Timeout | undefined;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut.abort();
        }, options.timeoutMs);
  const interrupt = (): void => {
    child.kill("SIGINT");
    killTimer ??= setTimeout(killGroup, interruptGraceMs);
  };
  options.signal?.addEventListener("abort", interrupt);
  // Before anything that clears up after the process.
  process.prependOnceListener("exit", killGroup);
  try {
    const [exitCode] = (await once(child, "close")) as [number | null];
    if (timedOut.signal.aborted) {
      throw new SandboxError(
        "TIMED_OUT",
        `${describe(command, args)} did not end within ${(options.timeoutMs ?? 0) / 1_000} s`,
      );
    }
    return { exitCode: exitCode ?? 128, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    clearTimeout(killTimer);
    options.signal?.removeEventListener("abort", interrupt);
    process.off("exit", killGroup);
  }
}

/**
 * Runs a program like {@link runProcess} and insists that it succeeds.
 *
 * @returns Resolves with its standard output.
 * @throws SandboxError `PROCESS_FAILED` with the last lines of what it wrote.
 */
export async function runToSuccess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<string> {
  const result = await runProcess(command, args, options);
  if (result.exitCode !== 0) {
    const said = lastLines(result.stderr.trim() === "" ? result.stdout : result.stderr);
    throw new SandboxError(
      "PROCESS_FAILED",
      `${describe(command, args)} ended with exit code ${result.exitCode}${said === "" ? "" : `:\n${said}`}`,
    );
  }
  return result.stdout;
}

/** A server that runs as a child process on a loopback port. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** Ends the process by its id and resolves when it is gone; may be called more than once. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a server whose first line of output is the port it listens on, and which ends when its standard input does:
 * so it goes with this process, however this process ends.
 *
 * @param name - What the server is called in errors.
 * @throws SandboxError `PROCESS_FAILED` where it ends or says no port within half a minute.
 */
export async function startServer(
  name: string,
  command: string,
  args: readonly string[],
  options: Pick<ProcessOptions, "cwd" | "env"> = {},
): Promise<ServerProcess> {
  const child = spawn(command, args, { ...common(options), stdio: "pipe" });
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => {
      resolve();
    });
    child.once("exit", () => {
      resolve();
    });
  });
  const stderr = collect(child.stderr);
  // A server that has ended closes its input; what is then written or ended there must not fail this process.
  child.stdin.on("error", () => undefined);
  const close = async (): Promise<void> => {
    child.stdin.end();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (await settlesWithin(exited, 3_000)) return;
      child.kill(signal);
    }
    await exited;
  };
  const failed = (reason: string, cause?: unknown): SandboxError => {
    const said = lastLines(stderr());
    const message = `${name} could not be started: ${reason}${said === "" ? "" : `\n${said}`}`;
    return new SandboxError("PROCESS_FAILED", message, { cause });
  };
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let seen = "";
      const timer = setTimeout(() => {
        reject(failed("it named no port within 30 s"));
      }, 30_000);
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        act();
      };
      child.once("error", (error) => {
        settle(() => {
          reject(failed(error.message, error));
        });
      });
      child.once("close", (code) => {
        settle(() => {
          reject(failed(`it ended with exit code ${code ?? 128}`));
        });
      });
      child.stdout.on("data", (chunk: Buffer) => {
        seen += seen.length > 64 ? "" : chunk.toString("latin1");
        const line = /^(\d+)\r?\n/.exec(seen)?.[1];
        if (line !== undefined) {
          settle(() => {
            resolve(Number(line));
          });
        }
      });
    });
    return { port, pid: child.pid ?? 0, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function common(options: ProcessOptions): SpawnOptions {
  return {
    env: options.env ?? process.env,
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  };
}

/** What is kept of a process's output: enough for any command's answer, bounded for servers that run for hours. */
const keptCharacters = 64 * 1024 * 1024;

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (chunk: string) => {
    if (text.length < keptCharacters) text += chunk;
  });
  return () => text;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // The group can end between the check and the signal.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function settlesWithin(promise: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([promise.then(() => true), expired]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(command: string, args: readonly string[]): string {
  return [command, ...args.slice(0, 3)].join(" ");
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-8).join("\n");
}
