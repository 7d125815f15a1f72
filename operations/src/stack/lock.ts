import { readdir, readFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import path from "node:path";
import { kill } from "node:process";

import { z } from "zod";

import type { Stack } from "./stack";

/** A lock on a stack: an update that runs, or one that was killed. */
export interface Lock {
  /** Where it is, or what says so. */
  location: string;
  /** `user@host`, if that is known. */
  owner?: string;
  /** RFC 3339. */
  since?: string;
  processId?: number;
  /** Whether the process that made it is gone, still there, or nobody knows: it may be on another machine. */
  process: "gone" | "running" | "unknown";
}

/** The locks of a stack; `unseen` where the backend does not show them without an update. */
export type Locks = readonly Lock[] | "unseen";

const lockSchema = z.object({
  pid: z.number(),
  username: z.string(),
  hostname: z.string(),
  timestamp: z.string(),
});

const stacksSchema = z.array(z.object({ name: z.string(), updateInProgress: z.boolean().default(false) }));

/** Finds the locks on a stack, and takes none: a lock taken to look for others would stop an update that begins. */
export async function findLocks(stack: Stack): Promise<Locks> {
  const { backendUrl } = stack;
  if (backendUrl.startsWith("file://")) return readLockFiles(lockFolder(stack));
  if (/^https?:\/\//.test(backendUrl)) return readServiceLock(stack);
  return "unseen";
}

/** @see the engine's file backend: `.pulumi/locks/<organization>/<project>/<stack>/<id>.json` */
function lockFolder({ backendUrl, name, directory }: Stack): string {
  const root = backendUrl.slice("file://".length).replace(/\?.*$/, "").replace(/^~/, homedir());
  return path.join(path.resolve(directory, root), ".pulumi", "locks", ...name.split("/"));
}

async function readLockFiles(folder: string): Promise<Lock[]> {
  const files = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const locks = files
    .filter((file) => file.endsWith(".json"))
    .map(async (file): Promise<Lock | undefined> => {
      const location = path.join(folder, file);
      // An update that ends takes its lock away while the folder is read.
      const text = await readFile(location, "utf8").catch(() => undefined);
      return text === undefined ? undefined : { location, ...describeLock(text) };
    });
  return (await Promise.all(locks)).filter((lock) => lock !== undefined);
}

function describeLock(text: string): Omit<Lock, "location"> {
  const read = lockSchema.safeParse(parseJson(text)).data;
  if (read === undefined) return { process: "unknown" };
  const { pid, username, hostname: host, timestamp } = read;
  return {
    owner: `${username}@${host}`,
    since: timestamp,
    processId: pid,
    process: host !== hostname() ? "unknown" : isRunning(pid) ? "running" : "gone",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function readServiceLock({ pulumi, name, backendUrl }: Stack): Promise<Lock[]> {
  const stacks = stacksSchema.parse(JSON.parse(await pulumi.runWithoutStack(["stack", "ls", "--json"])));
  const own = stacks.find((stack) => name === stack.name || name.endsWith(`/${stack.name}`));
  return own?.updateInProgress === true ? [{ location: backendUrl, process: "unknown" }] : [];
}
