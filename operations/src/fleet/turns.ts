import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";

import { giveTurns, type TurnServer } from "pulumi-resistant-tenants/internal/turns";

/** Shares an API's rate limit between all engines of all fleets of one user on this machine. */
export interface SharedLimit {
  /** The socket from which the engines' providers get their turns (`TENANTS_TURNS_SOCKET`). */
  path: string;
  /** A folder that only this user can access. */
  folder: string;
  close(): void;
}

const clock = {
  nowMs: () => performance.now(),
  sleep: (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs).unref()),
};

/**
 * Ensures that one process on this machine gives turns for an API: the first fleet, and when it ends, another
 * one. A provider that finds none paces itself.
 *
 * @throws if no folder that only this user can access can be created
 */
export async function shareTurns(apiUrl: string): Promise<SharedLimit> {
  const { uid } = userInfo();
  const folder = path.join(tmpdir(), `resistant-tenants-turns-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || (uid !== -1 && found.uid !== uid))
    throw new Error(`${folder} belongs to another user: delete it.`);
  await chmod(folder, 0o700);
  const socket = path.join(folder, createHash("sha256").update(apiUrl).digest("hex").slice(0, 16));
  const election = new Election(socket);
  await election.run();
  return {
    path: socket,
    folder,
    close: () => {
      election.close();
    },
  };
}

class Election {
  #isClosed = false;
  #server: TurnServer | undefined;
  #watched: Socket | undefined;

  constructor(private readonly socket: string) {}

  /** Gives the turns, or waits until the process that gives them ends. */
  async run(): Promise<void> {
    if (this.#isClosed) return;
    this.#server = await giveTurns(this.socket, clock);
    if (this.#server !== undefined) return;
    await new Promise<void>((resolve) => {
      const watched = connect(this.socket);
      this.#watched = watched;
      watched.unref();
      let isThere = false;
      watched.once("connect", () => {
        isThere = true;
        resolve();
      });
      watched.on("error", () => undefined);
      watched.once("close", () => {
        // If the last process was killed, its socket remains with no listener: remove it.
        const next = isThere ? Promise.resolve() : rm(this.socket, { force: true });
        void next.then(() => this.run()).then(resolve, resolve);
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#watched?.destroy();
    this.#server?.close();
  }
}
