import { hostname } from "node:os";

import { isRunning } from "../stack/lock";

/** One of the engine's locks on a stack, as its refusal reports it. */
export interface StackLock {
  /** Its file in the backend: `.pulumi/locks/…/<id>.json`; undefined if only the engine reported it. */
  file?: string;
  /** `user@host`. */
  owner?: string;
  processId?: number;
  /** RFC 3339. */
  since?: string;
}

const refused =
  // The last pattern: a lock that was removed while the engine looked at it.
  /the stack is currently locked by|\[409\] Conflict: Another update|update in progress|blob \(key "\.pulumi\/locks\/[^"]*"\) \(code=NotFound\)/i;
const named = /^\s*\S+: created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/gm;

/** Finds the locks for which the engine refused to run; undefined if it refused for another reason. */
export function locksIn(problem: string): StackLock[] | undefined {
  if (!refused.test(problem)) return undefined;
  const locks = [...problem.matchAll(named)].map(([, user = "", host = "", processId = "", since = ""]) => ({
    owner: `${user}@${host}`,
    processId: Number(processId),
    since,
  }));
  return locks.length > 0 ? locks : [{}];
}

/** Returns whether a lock was taken on this host. */
export function isOfThisHost({ owner }: StackLock): boolean {
  return owner?.endsWith(`@${hostname()}`) === true;
}

/** Returns whether a lock was left behind: its process was on this host and has ended. */
export function isLeftBehind(lock: StackLock): boolean {
  const { processId } = lock;
  if (processId === undefined || !isOfThisHost(lock)) return false;
  return !isRunning(processId);
}

/** Describes whose lock it is. */
export function describeLock({ owner, processId, since }: StackLock): string {
  if (owner === undefined) return "another update of it is in progress";
  return `${owner} (process ${processId ?? "?"}) has locked it since ${since ?? "?"}`;
}
