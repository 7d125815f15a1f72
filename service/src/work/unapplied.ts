import { sql } from "kysely";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import { requirementOf } from "../approval/rule";
import { append } from "../audit/chain";
import { startingStateOf } from "../plan/starting-state";
import { write } from "../records/database";
import type { Writing } from "../records/schema";
import { endStates } from "../requests/state-machine";
import { type Engine, EngineProblem } from "./engine";
import { stackSettingsSchema } from "./job-folder";
import type { Lease } from "./lease";
import { recover } from "./recover";
import { type CustomerRow, StackBusyError, withLease, type Work } from "./work";

/**
 * Leftovers that could not be removed, or whose deletion needs an approval, are checked again after so long,
 * in milliseconds.
 */
const againMs = 3_600_000;

/**
 * Removes the stacks of customers whose first request ended unapplied, with what a failed apply left in them, and frees
 * their names. If a deletion needs an approval, the leftovers stay and are reported (`customers/sprawl.ts`).
 */
export async function removeUnappliedStacks(work: Work): Promise<void> {
  for (const customer of await unapplied(work)) {
    if (await wasLeft(work, customer)) continue;
    try {
      await removeUnapplied(work, customer);
    } catch (error) {
      if (!(error instanceof StackBusyError)) throw error;
    }
  }
}

/** Selects customers that have no open request. */
export const isWithoutRequest = sql<boolean>`not exists (
  select from requests
    where requests.stage = customers.stage and requests.customer = customers.name
      and requests.state not in (${sql.join([...endStates])}))`;

/** Finds customers without an open request to which none was ever applied. */
async function unapplied({ context: { database } }: Work): Promise<CustomerRow[]> {
  return database
    .selectFrom("customers")
    .selectAll()
    .where("status", "=", "pending")
    .where(isWithoutRequest)
    .execute();
}

/** Returns whether the stack's leftovers were recently found to stay. */
async function wasLeft({ context }: Work, { stage, name, updated_at: since }: CustomerRow): Promise<boolean> {
  const again = new Date(context.now().getTime() - againMs);
  const event = await context.database
    .selectFrom("events")
    .select("sequence")
    .where("kind", "=", "leftUnapplied")
    .where("stage", "=", stage)
    .where("customer", "=", name)
    .where("at", ">=", needsApproval(context, stage) || since > again ? since : again)
    .limit(1)
    .executeTakeFirst();
  return event !== undefined;
}

/** Returns whether a deletion needs an approval: the row of a customer in use may have been changed. */
function needsApproval({ settings }: Work["context"], stage: string): boolean {
  const rule = settings.stages[stage as Stage]?.approvals;
  return rule === undefined || requirementOf(stage, "delete", rule).required > 0;
}

async function removeUnapplied(work: Work, { id, stack }: CustomerRow): Promise<void> {
  await withLease(work, stack, async (lease) => {
    const customer = (await unapplied(work)).find((row) => row.id === id);
    if (customer === undefined) return;
    const left = await clear(work, customer, lease);
    await write(work.context, async (writing) => {
      if (left === undefined) await letGo(work, writing, customer);
      else
        await append(work.context, writing, {
          kind: "leftUnapplied",
          stage: customer.stage,
          customer: customer.name,
          data: { stack, ...left },
        });
    });
  });
}

/** What is left in a stack. */
interface Left {
  resources: number;
  /** The problem that occurred during the removal. */
  problem?: string;
}

/**
 * Removes the stack of a customer, and its contents.
 *
 * @returns what stays; undefined if the stack is gone
 */
async function clear(work: Work, customer: CustomerRow, lease: Lease): Promise<Left | undefined> {
  const { stage, stack } = customer;
  const settings = stackSettingsSchema.parse(customer.stack_settings);
  if (Object.keys(settings).length === 0) return undefined;
  const reason = "its first request was not applied";
  const job = {
    id: stack,
    stage: stage as Stage,
    stack,
    reason,
    customers: [],
    settings,
    onStart: (session: Parameters<typeof lease.note>[0]) => lease.note(session),
    signal: AbortSignal.any([lease.lost, work.stopping]),
  };
  return work.engines.with(job, async (engine) => {
    if (!(await engine.exists())) return undefined;
    const resources = startingStateOf(await engine.prepare()).size;
    if (resources > 0 && needsApproval(work.context, stage)) return { resources };
    try {
      if (resources > 0) await empty(engine, stack, reason);
      await engine.remove();
      return undefined;
    } catch (error) {
      if (!(error instanceof EngineProblem)) throw error;
      return { resources, problem: error.message };
    }
  });
}

/** Deletes what a failed apply has left, which was never announced to anyone. */
async function empty(engine: Engine, stack: string, reason: string): Promise<void> {
  await recover(engine, stack, reason);
  await engine.up(undefined, () => Promise.resolve());
}

async function letGo(work: Work, writing: Writing, { id, stage, name, stack }: CustomerRow): Promise<void> {
  const { context } = work;
  const { numUpdatedRows } = await writing
    .updateTable("customers")
    .set({ status: "deleted", stack_settings: "{}", updated_at: context.now() })
    .where("id", "=", id)
    .where("status", "=", "pending")
    .where(isWithoutRequest)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) {
    // It has been requested again meanwhile: its stack will be created again.
    await writing.updateTable("customers").set({ stack_settings: "{}" }).where("id", "=", id).execute();
    return;
  }
  await append(context, writing, {
    kind: "progress",
    stage,
    customer: name,
    data: { message: `removed the stack ${stack}: its first request was not applied`, removedStack: stack },
  });
}
