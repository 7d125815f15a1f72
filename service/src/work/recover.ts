import { setTimeout as sleep } from "node:timers/promises";

import type { Finding } from "resistant-tenants-operations/reconcile/finding";
import { assertMayRepair, reconcile, repair } from "resistant-tenants-operations/reconcile/reconcile";
import { findLocks } from "resistant-tenants-operations/stack/lock";
import { openStack } from "resistant-tenants-operations/stack/stack";

import type { Engine } from "./engine";
import type { Predecessor } from "./lease";
import { endSession, hasHostRestarted, isLocal } from "./sessions";

/**
 * The longest that a provider continues after a kill on another host, in milliseconds: each of its requests
 * has three minutes, and a request in flight is waited for.
 */
const longestProviderMs = 240_000;

/**
 * Ensures that nothing of a predecessor continues: the object of a late create would look unmanaged. On this host its
 * processes are ended, after their requests in flight have finished; for another host the longest time is waited.
 */
export async function endPredecessor({ session, expiredAt }: Predecessor, lost: AbortSignal): Promise<void> {
  if (session === undefined) return;
  if (await isLocal(session)) {
    await endSession(session);
    return;
  }
  // Nothing survives a restart of its host.
  if (await hasHostRestarted(session)) return;
  const left = expiredAt.getTime() + longestProviderMs - Date.now();
  if (left > 0) await sleep(left, undefined, { signal: lost });
}

/** The result of a recovery. */
export interface Recovery {
  /** One sentence each. */
  done: string[];
  /** What it could not settle. */
  left: Finding[];
}

/**
 * Repairs what an interrupted update left: removes its abandoned lock, and settles the differences between
 * journal, state and API. An application whose secret was lost with the response is deleted, since no one can
 * have used it.
 *
 * @throws if another process's update is running
 */
export async function recover(engine: Engine, stackName: string, reason: string): Promise<Recovery> {
  const { pulumi, project, environment } = engine;
  const done: string[] = [];
  const stack = await openStack({ stack: stackName, cwd: project, pulumi }, environment);
  const locks = await findLocks(stack);
  // A lock without a running process on this host, or that no backend shows, is the predecessor's, which has
  // ended.
  if (locks === "unseen" || (locks.length > 0 && locks.every((lock) => lock.process !== "running"))) {
    await pulumi.run(["cancel", "--yes"]).catch((error: unknown) => {
      if (locks !== "unseen") throw error;
    });
    if (locks !== "unseen") done.push("removed the leftover lock");
  }
  const api = await stack.connect();
  try {
    const first = await reconcile(stack, api);
    const agreed = first.findings.filter(({ fix }) => fix !== undefined);
    if (agreed.length === 0) return { done, left: [...first.findings] };
    await assertMayRepair(first);
    await repair(stack, api, { agreed, reason, onDone: (sentence) => void done.push(sentence) });
    const last = await reconcile(stack, api);
    return { done, left: [...last.findings] };
  } finally {
    await api.close();
  }
}
