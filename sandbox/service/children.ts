import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { SandboxError } from "../errors";
import type { Log } from "../progress";
import type { Closers } from "../start/closers";

const root = path.resolve(__dirname, "../..");

/** A running process of the service. */
export interface ServiceProcess {
  /** Its log file. */
  readonly logFile: string;
  /** Rejects when it ends by itself; never resolves. */
  readonly ended: Promise<never>;
}

export interface ServiceProcessOptions {
  readonly name: "web" | "worker";
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly closers: Closers;
  readonly log: Log;
}

/** How long a process may take to end, in milliseconds: the worker lets its requests to the vendor finish first. */
const graceMs = 60_000;

/** How a process ended. */
interface Exit {
  readonly how: string;
  /** Whether a person, or the system, killed it. */
  readonly isKilled: boolean;
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
}

/**
 * Starts a process of the service in a group of its own, so that Ctrl-C reaches it through this one, once. One that is
 * killed is started again, as a service manager does it: what it was at is gone on with.
 */
export function startProcess(options: ServiceProcessOptions): ServiceProcess {
  const { name, directory, closers } = options;
  const logFile = path.join(directory, `${name}.log`);
  const logStream = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  let running = launch(options, logStream);
  let isClosing = false;
  const supervise = async (): Promise<never> => {
    for (;;) {
      const { how, isKilled } = await running.exited;
      if (isClosing) return await new Promise<never>(() => undefined);
      if (!isKilled) {
        const said = (await readFile(logFile, "utf8").catch(() => ""))
          .trim()
          .split("\n")
          .slice(-8)
          .join("\n");
        throw new SandboxError("PROCESS_FAILED", `the ${name} process ended by itself (${how}):\n${said}`);
      }
      options.log(`The ${name} process was killed (${how}): it is started again.`);
      running = launch(options, logStream);
    }
  };
  const ended = supervise();
  // The caller that waits for it gets the error; until then it must not count as unhandled.
  ended.catch(() => undefined);
  closers.add(`the ${name} process`, async () => {
    isClosing = true;
    await endProcess(running);
    logStream.end();
  });
  return { logFile, ended };
}

function launch({ name, env, directory }: ServiceProcessOptions, log: NodeJS.WritableStream): Running {
  const program = path.join(root, "service/dist", `${name}.js`);
  const child = spawn(process.execPath, ["-r", path.join(__dirname, "end-with-parent.js"), program], {
    env: { ...env },
    cwd: directory,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.stdin.on("error", () => undefined);
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => {
      resolve({ how: error.message, isKilled: false });
    });
    child.once("close", (code, signal) => {
      resolve({ how: signal ?? `exit code ${code ?? 1}`, isKilled: signal !== null });
    });
  });
  return { child, exited };
}

async function endProcess({ child, exited }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}
