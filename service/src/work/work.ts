import { setTimeout as sleep } from "node:timers/promises";

import type { Selectable } from "kysely";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { write } from "../records/database";
import type { CustomersTable } from "../records/schema";
import type { Engines } from "./engine";
import { Lease, sessionOfHolder } from "./lease";
import type { Queue } from "./queue";
import { endPredecessor } from "./recover";
import { isAlive, isLocal } from "./sessions";

/** A customer, as the database returns it. */
export type CustomerRow = Selectable<CustomersTable>;

/** What the jobs of one worker share. */
export interface Work {
  context: ServiceContext;
  queue: Queue;
  engines: Engines;
  /** This process's name in a lease. */
  holder: string;
  /** The worker's environment, which only entry points read. */
  environment: EnvironmentVariables;
  /** Ends the engines when the worker must stop. */
  stopping: AbortSignal;
  /** Called with problems that no request shows: what failed, and the error. */
  onProblem: (what: string, error: unknown) => void;
}

/** Thrown if another process holds a stack for too long: the job is postponed. */
export class StackBusyError extends Error {
  override readonly name = "StackBusyError";
}

/** How long a job waits for the lease of a stack, and how often it tries, in milliseconds. */
const longestWaitMs = 120_000;
const askedEveryMs = 500;

/**
 * Runs a function under the lease of a stack. If a predecessor did not release the lease, everything that it
 * left running has ended before.
 *
 * @throws StackBusyError, and LeaseLostError if another worker takes over meanwhile
 */
export async function withLease<T>(work: Work, stack: string, act: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await takeLease(work, stack);
  try {
    if (lease.predecessor !== undefined) {
      const { holder } = lease.predecessor;
      await write(work.context, async (writing) => {
        await append(work.context, writing, {
          kind: "leaseTakenOver",
          data: { stack, holder, fence: lease.fence },
        });
      });
      await endPredecessor(lease.predecessor, lease.lost);
    }
    return await act(lease);
  } finally {
    await lease.release();
  }
}

/** Runs a function under the leases of several stacks, taken in the order of their names. */
export async function withLeases<T>(
  work: Work,
  stacks: readonly string[],
  act: (leases: ReadonlyMap<string, Lease>) => Promise<T>,
): Promise<T> {
  const take = (left: readonly string[], leases: ReadonlyMap<string, Lease>): Promise<T> => {
    const [stack, ...rest] = left;
    if (stack === undefined) return act(leases);
    return withLease(work, stack, (lease) => take(rest, new Map([...leases, [stack, lease]])));
  };
  return take([...new Set(stacks)].sort(), new Map());
}

async function takeLease({ context, holder, stopping }: Work, stack: string): Promise<Lease> {
  const until = performance.now() + longestWaitMs;
  for (;;) {
    stopping.throwIfAborted();
    const lease = await Lease.take(context, stack, holder, isGone);
    if (lease !== undefined) return lease;
    if (performance.now() > until)
      throw new StackBusyError(`Another worker is working on the stack ${stack}.`);
    await sleep(askedEveryMs);
  }
}

/** A dead holder on this host does nothing more. */
export async function isGone(holder: string): Promise<boolean> {
  const session = sessionOfHolder(holder);
  return session !== undefined && (await isLocal(session)) && !(await isAlive(session));
}

/** Records when the engine last wrote a stack's state on the service's behalf. */
export async function noteOwnUpdate(
  { context }: Work,
  customer: CustomerRow,
  lastUpdate: string | undefined,
): Promise<void> {
  await context.database
    .updateTable("customers")
    .set({ last_update: lastUpdate ?? null, outside_update: null })
    .where("id", "=", customer.id)
    .execute();
}
