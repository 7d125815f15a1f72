import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { chown, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { isRunning } from "../cache";
import { SandboxError } from "../errors";
import { type ProcessOptions, type ProcessResult, runProcess } from "../process";
import { findBinaries } from "./postgres-binaries";
import { canBeEntered, findBase, findServerUser, makeOwnFolder, type ServerUser } from "./postgres-user";

/** A PostgreSQL server on a loopback port. */
export interface Postgres {
  readonly port: number;
  /** The URL of a database for the superuser `postgres`; default: the database `postgres`. */
  readonly urlOf: (database?: string) => string;
  /** Stops the server, and deletes its data unless a folder was given; may be called more than once. */
  readonly close: () => Promise<void>;
}

export interface PostgresOptions {
  /**
   * Stores the data in this folder, and continues with its contents. Default: a new folder that is deleted at
   * the end.
   */
  readonly folder?: string;
}

/** What is needed to start, stop and find a server. */
interface Server {
  readonly bin: string;
  readonly folder: string;
  readonly data: string;
  readonly user: ServerUser | undefined;
  readonly isKept: boolean;
}

const startSeconds = 60;

/**
 * Starts the PostgreSQL of the npm package by its own `initdb` and `pg_ctl`, on a free loopback port, with a
 * password. For root it runs as the user `postgres`. If a server still runs on the folder, because its
 * starter was killed, it is used; one that was killed itself is started again and recovers.
 *
 * @throws SandboxError `PREREQUISITE_MISSING` or `PROCESS_FAILED`
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const user = await findServerUser();
  const base = await findBase(user);
  const bin = path.join(await findBinaries(base), "bin");
  await removeAbandoned(bin, base, user);
  const folder = options.folder
    ? path.resolve(options.folder)
    : path.join(base, `${temporaryPrefix}${process.pid}-${randomBytes(4).toString("hex")}`);
  const server = { bin, folder, data: path.join(folder, "data"), user, isKept: options.folder !== undefined };
  await makeFolder(server);
  const password = await passwordOf(server);
  if (!existsSync(path.join(server.data, "PG_VERSION"))) await createCluster(server, password);
  const port = (await portOfRunning(server)) ?? (await start(server));
  return handleOf(server, port, password);
}

async function makeFolder({ folder, user }: Server): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if (user === undefined || (await canBeEntered(folder, user))) return;
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    `PostgreSQL runs as the user ${user.uid}, who cannot enter ${folder}: name a folder that all users can enter, or set DATABASE_URL.`,
  );
}

/**
 * Returns the superuser's password: from a file that only the user who starts the server can read, so that
 * the next start has it.
 */
async function passwordOf({ folder }: Server): Promise<string> {
  const file = path.join(folder, "password");
  if (!existsSync(file)) await writeFile(file, randomBytes(24).toString("base64url"), { mode: 0o600 });
  return await readFile(file, "utf8");
}

async function createCluster(server: Server, password: string): Promise<void> {
  // What an interrupted initdb left cannot be used.
  await rm(server.data, { recursive: true, force: true });
  await makeOwnFolder(server.data, server.user);
  const passwordFile = path.join(server.folder, `initdb-${randomBytes(4).toString("hex")}`);
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (server.user) await chown(passwordFile, server.user.uid, server.user.gid);
  try {
    await insist(server, "initdb", [
      ...["--pgdata", server.data, "--username", "postgres", "--pwfile", passwordFile],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"],
      ...(server.isKept ? [] : ["--no-sync"]),
    ]);
  } catch (error) {
    await rm(server.data, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Returns the port of the server that runs on this folder; undefined if none does. */
async function portOfRunning(server: Server): Promise<number | undefined> {
  await untilCollected(postmasterOf(server.data));
  if ((await run(server, "pg_ctl", ["status", "--pgdata", server.data])).exitCode !== 0) return undefined;
  const port = Number((await readFile(path.join(server.data, "postmaster.pid"), "utf8")).split("\n")[3]);
  return Number.isInteger(port) && port > 0 && (await answers(port)) ? port : undefined;
}

/** A server that was just killed is still a process, but no longer listens. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A killed process counts as running, for PostgreSQL too, until its parent has collected it. */
async function untilCollected(pid: number | undefined): Promise<void> {
  const file = `/proc/${pid}/stat`;
  for (let tries = 0; tries < 200 && existsSync(file); tries++) {
    const state = await readFile(file, "latin1").then(
      (text) => text.slice(text.lastIndexOf(")") + 2)[0],
      () => undefined,
    );
    if (state !== "Z" && state !== "X") return;
    await delay(50);
  }
}

/** A free port may be taken before the server listens on it: then another one is tried. */
async function start(server: Server): Promise<number> {
  const log = path.join(server.data, "server.log");
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const settings = {
      listen_addresses: "127.0.0.1",
      port,
      unix_socket_directories: "",
      max_connections: 200,
      // Data that are deleted at the end need not survive a power failure.
      ...(server.isKept ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
    };
    const switches = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
    const common = ["--pgdata", server.data, "--log", log, "--wait", "--timeout", `${startSeconds}`];
    const { exitCode } = await run(server, "pg_ctl", ["start", ...common, "--options", switches.join(" ")]);
    if (exitCode === 0) return port;
    // The last processes of a killed server do not end at once, either.
    if (attempt < 4) {
      await delay(500);
      continue;
    }
    const said = existsSync(log) ? (await readFile(log, "utf8")).trim().split("\n").slice(-8).join("\n") : "";
    throw new SandboxError("PROCESS_FAILED", `PostgreSQL could not be started on ${server.data}:\n${said}`);
  }
}

function handleOf(server: Server, port: number, password: string): Postgres {
  const pid = postmasterOf(server.data);
  const endNow = (): void => {
    // Quick, and safe for data that are kept: the next start recovers.
    if (pid !== undefined && isRunning(pid)) process.kill(pid, "SIGQUIT");
    if (!server.isKept) rmSync(server.folder, { recursive: true, force: true });
  };
  process.once("exit", endNow);
  let closing: Promise<void> | undefined;
  return {
    port,
    urlOf: (database = "postgres") => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    close: () =>
      (closing ??= (async () => {
        await stop(server);
        process.off("exit", endNow);
        if (!server.isKept) await rm(server.folder, { recursive: true, force: true });
      })()),
  };
}

function postmasterOf(data: string): number | undefined {
  const file = path.join(data, "postmaster.pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : 0;
  return pid > 0 ? pid : undefined;
}

async function stop(server: Server): Promise<void> {
  const mode = server.isKept ? "fast" : "immediate";
  const args = ["stop", "--pgdata", server.data, "--mode", mode, "--wait", "--timeout", `${startSeconds}`];
  const { exitCode, stderr } = await run(server, "pg_ctl", args);
  // A killed server has stopped, which was the aim.
  if (exitCode !== 0 && (await portOfRunning(server)) !== undefined) {
    throw new SandboxError("LEFT_RUNNING", `PostgreSQL on ${server.data} could not be stopped: ${stderr}`);
  }
}

const temporaryPrefix = "data-";

/** Stops and deletes the temporary servers of killed processes. */
async function removeAbandoned(bin: string, base: string, user: ServerUser | undefined): Promise<void> {
  for (const name of await readdir(base)) {
    if (!name.startsWith(temporaryPrefix)) continue;
    if (isRunning(Number.parseInt(name.slice(temporaryPrefix.length), 10))) continue;
    const folder = path.join(base, name);
    const server = { bin, folder, data: path.join(folder, "data"), user, isKept: false };
    if (existsSync(path.join(server.data, "postmaster.pid"))) await stop(server);
    await rm(folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  if (address === null || typeof address === "string") {
    throw new SandboxError("PROCESS_FAILED", "No loopback port was free.");
  }
  return address.port;
}

async function insist(server: Server, program: string, args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await run(server, program, args);
  if (exitCode === 0) return;
  throw new SandboxError(
    "PROCESS_FAILED",
    `${program} ended with exit code ${exitCode}:\n${(stderr.trim() || stdout.trim()).split("\n").slice(-8).join("\n")}`,
  );
}

/** The environment is built from scratch: PostgreSQL reads PG* variables, and needs no credentials. */
async function run(
  { bin, folder, user }: Server,
  program: string,
  args: readonly string[],
): Promise<ProcessResult> {
  const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  const options: ProcessOptions = { env, cwd: folder, timeoutMs: 120_000, ...(user ? { user } : {}) };
  return await runProcess(path.join(bin, program), args, options);
}
