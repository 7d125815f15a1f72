import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

import { SandboxError } from "./errors";

/** The result of a child process. */
export interface ProcessResult {
  /** The exit code; 128 if a signal ended it. */
  readonly exitCode: number;
  /** Its standard output; empty if the output was inherited. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment; default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * `inherit` shows the output on this process's own; `terminal` also gives the program the keyboard, if
   * there is one: many programs show progress only then. Default: `capture`.
   */
  readonly output?: "inherit" | "terminal" | "capture";
  /** Ends the process and its children after so many milliseconds; default: never. */
  readonly timeoutMs?: number;
  /** The user that runs it; default: this process's. Only root can choose another. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Interrupts the process (SIGINT), so that it can finish; after a minute it is killed. */
  readonly signal?: AbortSignal;
}

/** How long an interrupted process may take to finish, in milliseconds. */
const interruptGraceMs = 60_000;

/**
 * Runs a program to its end, without a shell, in its own process group: a Ctrl-C at the terminal reaches it
 * only through `signal`, once.
 *
 * @returns Resolves with its exit code, which may be any, and output.
 * @throws SandboxError `TIMED_OUT`, and Node's own error (`code` ENOENT) if the program does not exist.
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
  // Before any handler that cleans up after the process.
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
 * Runs a program like {@link runProcess}; it must succeed.
 *
 * @returns Resolves with its standard output.
 * @throws SandboxError `PROCESS_FAILED` with the last lines of its output.
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
  /** Ends the process by its id and resolves when it has ended; may be called more than once. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a server that prints its port as the first line of output, and ends when its standard input does: so
 * it ends with this process, however this process ends.
 *
 * @param name - The server's name in errors.
 * @throws SandboxError `PROCESS_FAILED` if it ends or prints no port within half a minute.
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
  // A server that has ended closes its input; writing to it then must not fail this process.
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
    ...options.user,
  };
}

/**
 * The part of a process's output that is kept, in characters: enough for any command, and a limit for servers
 * that run for hours.
 */
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
    // The group may end between the check and the signal.
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
