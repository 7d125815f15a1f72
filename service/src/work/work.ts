import { setTimeout as sleep } from "node:timers/promises";

import type { Selectable } from "kysely";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { write } from "../records/database";
import type { CustomersTable, RequestsTable } from "../records/schema";
import type { Engines } from "./engine";
import { Lease, sessionOfHolder } from "./lease";
import type { Queue } from "./queue";
import { endPredecessor } from "./recover";
import { isAlive, isLocal } from "./sessions";

export type RequestRow = Selectable<RequestsTable>;
export type CustomerRow = Selectable<CustomersTable>;

/** What the jobs of one worker share. */
export interface Work {
  context: ServiceContext;
  queue: Queue;
  engines: Engines;
  /** This process, as a lease names it. */
  holder: string;
  /** The worker's environment: entry points read it. */
  environment: EnvironmentVariables;
  /** Ends the engines of a worker that has to go. */
  stopping: AbortSignal;
}

/** Is thrown where a stack is somebody else's for too long: the job is done later. */
export class StackBusyError extends Error {
  override readonly name = "StackBusyError";
}

/** How long a job waits for the lease of a stack, and how often it asks. */
const longestWaitMs = 120_000;
const askedEveryMs = 500;

/**
 * Does something under the lease of a stack. What a predecessor left running that did not give the lease back has ended
 * before it begins.
 *
 * @throws StackBusyError, and LeaseLostError where somebody else takes over meanwhile
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

/** Does something under the leases of several stacks, taken in the order of their names. */
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
    if (performance.now() > until) throw new StackBusyError(`The stack ${stack} is being worked on.`);
    await sleep(askedEveryMs);
  }
}

/** Of a holder on this host that does not live, nothing more comes. */
export async function isGone(holder: string): Promise<boolean> {
  const session = sessionOfHolder(holder);
  return session !== undefined && (await isLocal(session)) && !(await isAlive(session));
}

/** Puts on record when the engine wrote a stack's state last on the service's behalf. */
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
