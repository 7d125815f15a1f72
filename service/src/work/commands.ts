import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import path from "node:path";

import { printable, typedCommand } from "pulumi-resistant-tenants/internal/vocabulary";
import { type Pulumi, PulumiError } from "resistant-tenants-operations/stack/pulumi";

import type { EngineUser } from "./engine-user";
import { endSession, type Session, sessionOf } from "./sessions";

/** The result of a command of the engine. */
export interface CommandResult {
  /** 128 if a signal ended it. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** How a command of the engine is run. */
export interface CommandOptions {
  env: Readonly<Record<string, string>>;
  /** The working directory. */
  cwd: string;
  /** The folder for its output: files, so that an engine whose worker was killed continues and saves its state. */
  output: string;
  /** The user that runs it. Default: this process's. */
  user?: EngineUser | undefined;
  /** Called with the session before the command starts its work. */
  onStart?: (session: Session) => Promise<void>;
  /** Ends the command, after its requests in flight have finished. */
  signal?: AbortSignal;
  /** Called with the file of its standard output while it runs. Its failure does not change the command's result. */
  whileRunning?: (stdout: string, ended: AbortSignal) => Promise<void>;
}

/**
 * Starts a session, waits for a line that allows it to continue, and becomes the engine: it does nothing
 * before its session is on record. It dumps no core, which would contain credentials.
 */
const launcher = 'ulimit -c 0; umask 077; read -r go <&3 || exit 125; exec 3<&-; exec "$0" "$@"';

let counter = 0;

/** Runs a `pulumi` command in its own session; any exit code is a result. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { env, cwd, output, user, onStart, signal, whileRunning } = options;
  signal?.throwIfAborted();
  counter += 1;
  const files = ["out", "err"].map((end) => path.join(output, `${counter}.${end}`)) as [string, string];
  const [stdout, stderr] = await Promise.all(files.map((file) => open(file, "w+", 0o600)));
  if (stdout === undefined || stderr === undefined) throw new Error("No file for the engine's output.");
  const ended = new AbortController();
  try {
    const child = spawn("/bin/sh", ["-c", launcher, "pulumi", ...args], {
      cwd,
      env: { ...env },
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
      detached: true,
      stdio: ["ignore", stdout.fd, stderr.fd, "pipe"],
    });
    const closed = once(child, "close") as Promise<[number | null]>;
    closed.catch(() => undefined);
    // Without a process there is nothing to end; `closed` reports the error.
    if (child.pid === undefined) await closed;
    const session = await sessionOf(child.pid ?? -1);
    const interrupt = (): void => void endSession(session);
    signal?.addEventListener("abort", interrupt);
    const gate = child.stdio[3] as NodeJS.WritableStream | null;
    gate?.on("error", () => undefined);
    try {
      await onStart?.(session);
      signal?.throwIfAborted();
      gate?.end("go\n");
      // Without a handler, a rejection before the command's end would end the process.
      const watching = whileRunning?.(files[0], ended.signal).catch(() => undefined);
      const [exitCode] = await closed;
      ended.abort();
      await watching;
      // A plugin that outlives its engine still has credentials.
      await endSession(session, 0);
      // If the command was aborted, the reason for that is the error.
      signal?.throwIfAborted();
      return { exitCode: exitCode ?? 128, stdout: await textOf(stdout), stderr: await textOf(stderr) };
    } catch (error) {
      await endSession(session, 0);
      throw error;
    } finally {
      signal?.removeEventListener("abort", interrupt);
    }
  } finally {
    ended.abort();
    await Promise.all([stdout.close(), stderr.close()]);
  }
}

async function textOf(file: Awaited<ReturnType<typeof open>>): Promise<string> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(size);
  await file.read(buffer, 0, size, 0);
  return buffer.toString("utf8");
}

/**
 * Runs a command that must succeed.
 *
 * @returns Resolves with its standard output.
 * @throws PulumiError if it fails
 */
export async function succeed(args: readonly string[], options: CommandOptions): Promise<string> {
  const result = await runCommand(args, options);
  if (result.exitCode === 0) return result.stdout;
  throw failure(args, result);
}

/** Describes a failed command by the end of its output. */
export function failure(args: readonly string[], { exitCode, stdout, stderr }: CommandResult): PulumiError {
  const said = (stderr.trim() === "" ? stdout : stderr)
    .trim()
    .split("\n")
    .slice(-12)
    .map(printable)
    .join("\n");
  return new PulumiError(
    `pulumi ${args.slice(0, 2).join(" ")} ended with exit code ${exitCode}: ${said}`,
    `${stdout}${stderr}`,
  );
}

/** Returns a `Pulumi` with which `operations/` runs the engine's commands as a job does. */
export function pulumiOf(stack: string, options: CommandOptions): Pulumi {
  const quiet = ["--non-interactive", "--color", "never"];
  return {
    run: (args) => succeed([...args, ...quiet, "--stack", stack], options),
    runWithoutStack: (args) => succeed([...args, ...quiet], options),
    typed: (args) => typedCommand(["pulumi", ...args, "--stack", stack]),
  };
}
