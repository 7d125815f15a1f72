import { createHash, randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

export { cacheFolder } from "./cache-folder";

/** Returns what a folder's name ends with, so that what is made from other texts has another folder. */
export function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

const unfinished = ".unfinished-";

/**
 * Creates a folder completely or not at all: `make` fills a temporary folder beside it, which is renamed when
 * it is complete. If two processes create the same folder at once, the first to finish determines its
 * content.
 *
 * @param make - Fills the given folder; its content must also work under another name.
 */
export async function makeOnce(folder: string, make: (temporary: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await removeAbandoned(folder);
  const temporary = `${folder}${unfinished}${process.pid}-${randomBytes(4).toString("hex")}`;
  const discard = (): void => {
    rmSync(temporary, { recursive: true, force: true });
  };
  // A process that is told to end does not reach the `finally`.
  process.once("exit", discard);
  await mkdir(temporary, { recursive: true });
  try {
    await make(temporary);
    await rename(temporary, folder);
  } catch (error) {
    if (!(isCode(error, "ENOTEMPTY", "EEXIST") && existsSync(folder))) throw error;
  } finally {
    process.off("exit", discard);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes what killed processes left behind. */
async function removeAbandoned(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  const prefix = path.basename(folder) + unfinished;
  for (const name of existsSync(parent) ? await readdir(parent) : []) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (!isRunning(pid)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

/** Returns whether a process with this id exists. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code)
  );
}
