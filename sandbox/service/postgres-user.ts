import { chown, lstat, mkdir, readFile, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { cacheFolder } from "../cache";
import { SandboxError } from "../errors";
import { runProcess } from "../process";

/** The user that runs PostgreSQL if this process is root: it refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Returns the user that runs PostgreSQL; undefined if this process is not root, since PostgreSQL can then run
 * as the same user.
 *
 * @throws SandboxError `PREREQUISITE_MISSING` if no such user exists and none can be created.
 */
export async function findServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await findUser("postgres");
  if (found) return found;
  await createUser();
  const user = (await findUser("postgres")) ?? (await findUser("nobody"));
  if (user) return user;
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    "PostgreSQL does not run as root, and the system user postgres could not be created. Create it (`useradd --system postgres`), run this as another user, or set DATABASE_URL.",
  );
}

async function findUser(name: string): Promise<ServerUser | undefined> {
  for (const line of (await readFile("/etc/passwd", "utf8")).split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

async function createUser(): Promise<void> {
  const options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  try {
    await runProcess("useradd", [...options, "postgres"]);
  } catch {
    // The program does not exist: the caller looks for the user.
  }
}

/**
 * Returns a folder outside the work tree in which the user can read our files: the cache; for root, whose
 * cache no one else can enter, one in the system's folder for temporary files.
 *
 * @throws SandboxError `PREREQUISITE_MISSING` if there is none that no one else can write to.
 */
export async function findBase(user: ServerUser | undefined, what = "postgres"): Promise<string> {
  if (user === undefined) return path.join(cacheFolder(), what);
  for (const parent of [cacheFolder(), os.tmpdir(), "/var/tmp", "/tmp"]) {
    if (!(await canBeEntered(parent, user))) continue;
    const folder = path.join(parent, `resistant-tenants-${what}`);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    if (await isOursAlone(folder)) return folder;
  }
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    `The user of ${what} can enter none of ${cacheFolder()} and ${os.tmpdir()}, or others can write to it: set RESISTANT_TENANTS_CACHE to a folder that all users can enter and only root can write to, or set DATABASE_URL.`,
  );
}

/** Returns whether the user can enter a folder and all of its parents. */
export async function canBeEntered(folder: string, { uid, gid }: ServerUser): Promise<boolean> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      const { mode, ...found } = await stat(at);
      const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    } catch {
      return false;
    }
    if (at === path.dirname(at)) return true;
  }
}

/** In a folder that everyone can write to, someone else may have created it first, with programs in it. */
export async function isOursAlone(folder: string): Promise<boolean> {
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/** Creates a folder that belongs to the user of PostgreSQL and that no one else can enter. */
export async function makeOwnFolder(folder: string, user: ServerUser | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user !== undefined) await chown(folder, user.uid, user.gid);
}
