import { homedir, hostname } from "node:os";
import path from "node:path";
import { kill } from "node:process";

import { parseJson } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { absoluteUrl, type BackendFiles, openBackendFiles } from "./backend-files";
import { listStacks } from "./list";
import type { Stack } from "./stack";

/** A lock on a stack: an update is running, or was killed. */
export interface Lock {
  /** Its file, or the source that reported it. */
  location: string;
  /** `user@host`, if known. */
  owner?: string;
  /** RFC 3339. */
  since?: string;
  processId?: number;
  /** Whether the process that created it is gone or still running; `unknown` if it may be on another machine. */
  process: "gone" | "running" | "unknown";
}

/** The locks of a stack; `unseen` if the backend shows them only to an update. */
export type Locks = readonly Lock[] | "unseen";

const lockSchema = z.object({
  pid: z.number(),
  username: z.string(),
  hostname: z.string(),
  timestamp: z.string(),
});

/** What is needed to find the locks on a stack. */
export type LockedStack = Pick<Stack, "name" | "environment" | "directory" | "backendUrl" | "pulumi">;

/** Finds the locks on a stack without taking one: that would stop an update that is starting. */
export async function findLocks(stack: LockedStack): Promise<Locks> {
  const { name, environment, directory } = stack;
  const backendUrl = absoluteUrl(stack.backendUrl, directory);
  const files = await openBackendFiles(backendUrl, environment);
  if (files !== undefined) {
    const place = backendUrl.replace(/\?.*$/, "");
    const locks = await readLocks(files, name);
    return locks.map(({ file, ...lock }) => ({
      location: place.startsWith("file://")
        ? path.join(place.slice("file://".length).replace(/^~/, homedir()), file)
        : `${place.replace(/\/$/, "")}/${file}`,
      ...lock,
    }));
  }
  if (/^https?:\/\//.test(backendUrl)) return readServiceLock(stack);
  return "unseen";
}

/**
 * Reads the locks on a stack in one of the engine's own backends:
 * `.pulumi/locks/<organization>/<project>/<stack>/<id>.json`.
 *
 * @param name `organization/project/stack`
 */
export async function readLocks(
  files: BackendFiles,
  name: string,
): Promise<Array<Omit<Lock, "location"> & { file: string }>> {
  const folder = `.pulumi/locks/${name}`;
  const names = (await files.list(folder)).filter((file) => file.endsWith(".json"));
  const locks = names.map(async (each) => {
    const file = `${folder}/${each}`;
    // An ending update removes its lock while the folder is being read.
    const text = await files.read(file);
    return text === undefined ? [] : [{ file, ...readLock(text.toString("utf8")) }];
  });
  return (await Promise.all(locks)).flat();
}

function readLock(text: string): Omit<Lock, "location"> {
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

/** Returns whether a process of this host is running. */
export function isRunning(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function readServiceLock({ pulumi, name, backendUrl }: LockedStack): Promise<Lock[]> {
  const stacks = await listStacks(pulumi);
  const own = stacks.find((stack) => name === stack.name || name.endsWith(`/${stack.name}`));
  return own?.updateInProgress === true ? [{ location: backendUrl, process: "unknown" }] : [];
}
