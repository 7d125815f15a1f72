import { sql } from "kysely";

import { append } from "../audit/chain";
import { write } from "../records/database";
import { applyFailed } from "../requests/planned";
import type { RequestState } from "../requests/request";
import { endStates, ways } from "../requests/state-machine";
import { transition } from "../requests/transition";
import { stackSettingsSchema } from "./job-folder";
import { findRequest } from "./requests";
import { startingStateOf } from "./starting-state";
import { type CustomerRow, StackBusyError, withLease, type Work } from "./work";

/** The states in which a request expires that nobody completes. */
const expiring = (Object.keys(ways) as RequestState[]).filter((state) => ways[state].expired !== undefined);

/** Ends the requests whose time is over. */
export async function expireRequests({ context }: Work): Promise<void> {
  const over = await context.database
    .selectFrom("requests")
    .select("id")
    .where("state", "in", expiring)
    .where("expires_at", "<", context.now())
    .orderBy("id")
    .execute();
  for (const { id } of over) {
    await write(context, async (writing) => {
      const request = await writing
        .selectFrom("requests")
        .select(["state", "expires_at"])
        .where("id", "=", id)
        .forUpdate()
        .executeTakeFirst();
      const isOver = request !== undefined && request.expires_at < context.now();
      if (!isOver || !expiring.includes(request.state as RequestState)) return;
      await transition(context, writing, { requestId: id, event: "expired" });
    });
  }
}

/** Removes the stacks of customers whose first request ended unapplied, and lets their names go. */
export async function removeUnappliedStacks(work: Work): Promise<void> {
  for (const customer of await unapplied(work)) {
    try {
      await removeUnapplied(work, customer);
    } catch (error) {
      if (!(error instanceof StackBusyError)) throw error;
    }
  }
}

/** Tells of a customer's row that no request is about it any more. */
const isWithoutRequest = sql<boolean>`not exists (
  select from requests
    where requests.stage = customers.stage and requests.customer = customers.name
      and requests.state not in (${sql.join([...endStates])}))`;

/** Customers that no request is about any more, and that none was applied to. */
async function unapplied({ context: { database } }: Work): Promise<CustomerRow[]> {
  return database
    .selectFrom("customers")
    .selectAll()
    .where("status", "=", "pending")
    .where(isWithoutRequest)
    .execute();
}

async function removeUnapplied(work: Work, { id, stack }: CustomerRow): Promise<void> {
  const { context, engines } = work;
  await withLease(work, stack, async (lease) => {
    const customer = (await unapplied(work)).find((row) => row.id === id);
    if (customer === undefined) return;
    const settings = stackSettingsSchema.parse(customer.stack_settings);
    if (Object.keys(settings).length > 0) {
      const job = {
        id: stack,
        stage: customer.stage as Parameters<typeof engines.with>[0]["stage"],
        stack,
        reason: "its request was not applied",
        customers: [],
        settings,
        onStart: (session: Parameters<typeof lease.note>[0]) => lease.note(session),
        signal: AbortSignal.any([lease.lost, work.stopping]),
      };
      const isRemoved = await engines.with(job, async (engine) => {
        if (!(await engine.exists())) return true;
        // What an apply that failed has left is still somebody's to complete.
        if (startingStateOf(await engine.export()).size > 0) return false;
        await engine.remove();
        return true;
      });
      if (!isRemoved) return;
    }
    await write(context, async (writing) => {
      const { numUpdatedRows } = await writing
        .updateTable("customers")
        .set({ status: "deleted", stack_settings: "{}", updated_at: context.now() })
        .where("id", "=", id)
        .where("status", "=", "pending")
        .where(isWithoutRequest)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        // Somebody has asked for it again meanwhile: its stack is made anew.
        await writing.updateTable("customers").set({ stack_settings: "{}" }).where("id", "=", id).execute();
        return;
      }
      const { stage, name } = customer;
      await append(context, writing, {
        kind: "progress",
        stage,
        customer: name,
        data: { message: `removed the stack ${stack}: nothing was applied`, removedStack: stack },
      });
    });
  });
}

/**
 * Settles what the queue has given up: a request that is not failed any more makes way for the others of its stack; one
 * whose job was delivered too often fails, so that somebody can have it tried again.
 */
export async function settleFailedJobs(work: Work): Promise<void> {
  await work.queue.release(async (requestId) => {
    const request = await findRequest(work, requestId);
    if (request?.state === "applying") {
      const detail =
        "Its work was interrupted again and again, and was given up. Have it tried again; if that fails, tell an administrator.";
      await applyFailed(work.context, requestId, { code: "interrupted", detail });
      return true;
    }
    return request?.state === "failed";
  });
}
