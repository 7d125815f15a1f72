import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { SandboxError } from "../errors";
import type { Closers } from "../start/closers";

const root = path.resolve(__dirname, "../..");

/** A process of the service that runs. */
export interface ServiceProcess {
  readonly pid: number;
  /** Where it logs. */
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
}

/** How long a process may take to end: the worker lets what is in flight at the vendor end first. */
const graceMs = 60_000;

/** Starts a process of the service in a group of its own, so that Ctrl-C reaches it through this one, once. */
export function startProcess({ name, env, directory, closers }: ServiceProcessOptions): ServiceProcess {
  const logFile = path.join(directory, `${name}.log`);
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
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
  let isClosing = false;
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
    child.once("close", (code, signal) => {
      resolve(signal === null ? `exit code ${code ?? 1}` : signal);
    });
  });
  const ended = exited.then(async (how): Promise<never> => {
    if (isClosing) return await new Promise<never>(() => undefined);
    const said = (await readFile(logFile, "utf8").catch(() => "")).trim().split("\n").slice(-8).join("\n");
    throw new SandboxError("PROCESS_FAILED", `the ${name} process ended by itself (${how}):\n${said}`);
  });
  // Whoever waits for it learns of it; until then it is nobody's error.
  ended.catch(() => undefined);
  closers.add(`the ${name} process`, async () => {
    isClosing = true;
    await endProcess(child, exited);
    log.end();
  });
  return { pid: child.pid ?? 0, logFile, ended };
}

async function endProcess(child: ChildProcess, exited: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}
