import { readdir, readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

/**
 * An engine and its child processes. The engine's plugins have their own process groups, but are in its
 * session, which is ended as a whole.
 */
export interface Session {
  host: string;
  /** The process id of the session's leader, which is also the session's id. */
  leader: number;
  /** When the leader was started, in the host's ticks since boot: process ids are reused. */
  started: string;
}

/** A process, from `/proc`. */
interface Member {
  pid: number;
  session: number;
  /** In ticks since boot. */
  startedAt: number;
  isDead: boolean;
}

/** How long an engine may take to finish its requests and save its state, in milliseconds. */
const graceMs = 20_000;

/** Describes the session of a process that was just started. */
export async function sessionOf(leader: number): Promise<Session> {
  const found = await readProcess(leader);
  return { host: hostname(), leader, started: `${await bootId()}/${found?.startedAt ?? 0}` };
}

/** Returns whether a session can be inspected from here: it is on this host, which has not been restarted since. */
export async function isLocal({ host, started }: Session): Promise<boolean> {
  return host === hostname() && started.split("/")[0] === (await bootId());
}

/** Returns whether the session's host has been restarted since: then nothing of it is left. */
export async function hasHostRestarted({ host, started }: Session): Promise<boolean> {
  return host === hostname() && started.split("/")[0] !== (await bootId());
}

/** Returns whether the leader is still the same process. */
export async function isAlive({ leader, started }: Session): Promise<boolean> {
  const found = await readProcess(leader);
  return found !== undefined && !found.isDead && found.startedAt === startOf(started);
}

/**
 * Ends a session on this host: its leader may first finish its requests and save the state; then everything
 * is killed.
 *
 * @returns Resolves with how many processes were left.
 */
export async function endSession(session: Session, patienceMs = graceMs): Promise<number> {
  const left = await membersOf(session);
  if (left.length === 0) return 0;
  if (left.some(({ pid }) => pid === session.leader)) {
    signal(session.leader, "SIGINT");
    await waitUntil(async () => !(await isAlive(session)), patienceMs);
  }
  // Processes started meanwhile are found in the next round.
  await waitUntil(async () => {
    const members = await membersOf(session);
    for (const { pid } of members) signal(pid, "SIGKILL");
    return members.length === 0;
  }, graceMs);
  return left.length;
}

/**
 * Lists the living processes of a session. A session's id is not reused while one of its processes lives; a
 * leader with another start time leads another session.
 */
export async function membersOf(session: Session): Promise<{ pid: number }[]> {
  if (session.leader <= 1 || !(await isLocal(session))) return [];
  const started = startOf(session.started);
  const members = (await processes()).filter(
    (member) => member.session === session.leader && !member.isDead && member.startedAt >= started,
  );
  const leader = members.find(({ pid }) => pid === session.leader);
  return leader !== undefined && leader.startedAt !== started ? [] : members;
}

/** Lists the processes whose working directory is below a folder, as far as this user can inspect them. */
export async function processesIn(folder: string): Promise<number[]> {
  const all = await processes();
  const places = await Promise.all(
    all.map(async ({ pid }) => ({ pid, at: await readlink(`/proc/${pid}/cwd`).catch(() => "") })),
  );
  return places.filter(({ at }) => at === folder || at.startsWith(`${folder}/`)).map(({ pid }) => pid);
}

async function processes(): Promise<Member[]> {
  const entries = await readdir("/proc").catch(() => []);
  const ids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  return (await Promise.all(ids.map(readProcess))).filter((found) => found !== undefined);
}

/** @see proc_pid_stat(5): the command's name, in brackets, can contain anything */
async function readProcess(pid: number): Promise<Member | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = text
    ?.slice(text.lastIndexOf(")") + 2)
    .trim()
    .split(" ");
  const read = z
    .tuple([z.string(), z.coerce.number(), z.coerce.number(), z.coerce.number()], z.string())
    .safeParse(fields).data;
  if (read === undefined) return undefined;
  const [state, , , session] = read;
  return { pid, session, startedAt: Number(read[19]), isDead: state === "Z" || state === "X" };
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "unknown")).trim();
}

function startOf(started: string): number {
  return Number(started.split("/")[1] ?? "0");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It may end before the signal.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function waitUntil(holds: () => Promise<boolean>, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await holds()) && performance.now() < until) await sleep(100);
}
