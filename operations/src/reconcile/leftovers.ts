import type { Lock } from "../stack/lock";
import type { PendingOperation } from "../stack/state";
import type { Comparison } from "./comparison";
import type { Finding } from "./finding";

/** Finds what a killed engine leaves behind: its lock, and operations whose end it did not see. */
export function compareLeftovers(comparison: Comparison): Finding[] {
  const { locks, state } = comparison;
  return [
    ...(locks === "unseen" ? [] : locks.map((lock) => locked(lock, comparison))),
    ...state.pending.map((pending) => pendingOperation(pending, comparison)),
  ];
}

/** What is known about the process that created a lock, and what follows. */
const lockAdvice = {
  gone: "it has ended, and the lock is left over",
  running: "it is running: wait until it has ended; the findings below may be its work",
  unknown: "it may still be running elsewhere: cancel it only if you are sure that it is not",
} as const;

function locked(lock: Lock, { typed, fixCommand }: Comparison): Finding {
  const { owner, since, processId, location } = lock;
  const by = owner === undefined ? "" : ` by ${owner}`;
  const pid = processId === undefined ? "" : ` (process ${processId})`;
  return {
    kind: "locked",
    severity: "todo",
    why: `An update${by}${pid} has held a lock${since === undefined ? "" : ` since ${since}`}; ${lockAdvice[lock.process]}. ${location}`,
    next:
      lock.process === "running"
        ? [`if that process is not an update of this stack: ${typed(["cancel", "--yes"])}`]
        : [...(lock.process === "gone" ? [fixCommand] : []), typed(["cancel", "--yes"])],
    ...(lock.process === "gone" ? { fix: { action: "cancelLock", locks: [lock] } } : {}),
  };
}

function pendingOperation(
  pending: PendingOperation,
  { typed, fixCommand, emptySecrets, state }: Comparison,
): Finding {
  const { operation, urn, slot, type } = pending;
  const common = { kind: "pendingOperation", slot, urn } as const;
  if (operation !== "creating") {
    return {
      ...common,
      severity: "note",
      why: `The engine recorded no end of ${operation} ${type}: the next update repeats it.`,
      // A destroy asks AWS to delete what is already marked for deletion, which AWS refuses.
      next: [
        typed(["up"]),
        ...(operation === "deleting" ? [`${typed(["refresh"])} before ${typed(["destroy"])}`] : []),
      ],
    };
  }
  const emptySecret = emptySecrets.get(urn);
  const target = state.rootUrn === undefined ? [] : ["--target", state.rootUrn];
  const clear = typed(["refresh", "--clear-pending-creates", ...target]);
  if (emptySecret !== undefined) {
    return {
      ...common,
      severity: "todo",
      why: `The engine recorded no end of creating ${type}: the secret ${emptySecret.secretName} was created, is empty, and is in no state. The next update would fail because its name is taken.`,
      next: [
        fixCommand,
        `aws secretsmanager delete-secret --force-delete-without-recovery --secret-id ${emptySecret.arn}`,
        clear,
      ],
      fix: { action: "deleteEmptySecret", slot, ...emptySecret },
    };
  }
  return {
    ...common,
    severity: "todo",
    why: `The engine recorded no end of creating ${type}. It warns about it until it is cleared.`,
    next: [fixCommand, clear],
    fix: { action: "clearPendingCreate", urn, slot },
  };
}
