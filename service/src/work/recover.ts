import { setTimeout as sleep } from "node:timers/promises";

import type { Finding } from "resistant-tenants-operations/reconcile/finding";
import { assertMayRepair, reconcile, repair } from "resistant-tenants-operations/reconcile/reconcile";
import { findLocks } from "resistant-tenants-operations/stack/lock";
import { openStack } from "resistant-tenants-operations/stack/stack";

import type { Engine } from "./engine";
import type { Predecessor } from "./lease";
import { endSession, hasHostRestarted, isLocal } from "./sessions";

/**
 * How long a provider goes on at most that nobody can end, since it is on another host: each of its requests has three
 * minutes, and a request that is under way is waited for.
 */
const longestProviderMs = 240_000;

/**
 * Sees that nothing of a predecessor goes on: a late create of its would be taken for nobody's. On this host its
 * processes are ended, after they have finished what is in flight; of another host the time is waited for.
 */
export async function endPredecessor({ session, expiredAt }: Predecessor, lost: AbortSignal): Promise<void> {
  if (session === undefined) return;
  if (await isLocal(session)) {
    await endSession(session);
    return;
  }
  // Nothing outlives a restart of its host.
  if (await hasHostRestarted(session)) return;
  const left = expiredAt.getTime() + longestProviderMs - Date.now();
  if (left > 0) await sleep(left, undefined, { signal: lost });
}

/** What a recovery did. */
export interface Recovery {
  /** A sentence each. */
  done: string[];
  /** What it could not settle. */
  left: Finding[];
}

/**
 * Repairs what an update left that was cut off: takes its lock away, which has no owner any more, and settles what the
 * journal, the state and the API do not agree on. An application whose secret was lost with its answer is deleted, since
 * nobody can have used it.
 *
 * @throws where an update of somebody else's is running
 */
export async function recover(engine: Engine, stackName: string, reason: string): Promise<Recovery> {
  const { pulumi, project, environment } = engine;
  const done: string[] = [];
  const stack = await openStack({ stack: stackName, cwd: project, pulumi }, environment);
  const locks = await findLocks(stack);
  // What this host's processes do not hold, and no other backend shows, is the predecessor's: it has ended.
  if (locks === "unseen" || (locks.length > 0 && locks.every((lock) => lock.process !== "running"))) {
    await pulumi.run(["cancel", "--yes"]).catch((error: unknown) => {
      if (locks !== "unseen") throw error;
    });
    if (locks !== "unseen") done.push("took the leftover lock away");
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
