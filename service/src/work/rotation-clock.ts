import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { type RotationDue, rotationsDue } from "../customers/rotations";
import { tellOfAttention } from "../notices/tell";
import { write } from "../records/database";
import type { Writing } from "../records/schema";
import { findCustomer } from "../requests/customers-asked-for";
import { endStates } from "../requests/state-machine";
import { isPaused } from "./requests";
import type { Work } from "./work";

type Clock = Pick<Work, "context"> & { queue: Pick<Work["queue"], "rotate"> };

/** A rotation whose job is silent for so long is queued again, in milliseconds. */
const queuedForMs = 3_600_000;

/**
 * Queues the rotation of the credentials that are due according to the record, customer by customer. No
 * engine starts for the rest.
 */
export async function queueRotations(work: Clock): Promise<void> {
  const { context } = work;
  if (!context.settings.rotation.byClock) return;
  for (const [, [first]] of byCustomer((await rotationsDue(context)).filter(({ due }) => due))) {
    if (first === undefined || (await isPaused(work, first.stage))) continue;
    await write(context, (writing) => queueRotation(work, writing, first));
  }
}

function byCustomer(due: readonly RotationDue[]): Map<string, RotationDue[]> {
  const found = new Map<string, RotationDue[]>();
  for (const one of due) {
    const key = `${one.stage}/${one.customer}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}

async function queueRotation(
  { context, queue }: Clock,
  writing: Writing,
  { stage, customer: name }: RotationDue,
): Promise<void> {
  const customer = await findCustomer(writing, stage, name);
  if (customer === undefined) return;
  const now = context.now();
  const row = {
    state: "queued" as const,
    updated_at: now,
    next_at: new Date(now.getTime() + queuedForMs),
  };
  // Of several workers, one queues it; a rotation that became a request waits for the request's end.
  const queued = await writing
    .insertInto("clock_rotations")
    .values({ customer_id: customer.id, problem: null, request_id: null, ...row })
    .onConflict((conflict) =>
      conflict
        .column("customer_id")
        .doUpdateSet(row)
        .where("clock_rotations.next_at", "<=", now)
        .where("clock_rotations.state", "<>", "beyond")
        .where((where) =>
          where.or([
            where("clock_rotations.request_id", "is", null),
            where(
              "clock_rotations.request_id",
              "in",
              where
                .selectFrom("requests")
                .select("requests.id")
                .where("state", "in", [...endStates]),
            ),
          ]),
        ),
    )
    .returning("customer_id")
    .executeTakeFirst();
  if (queued !== undefined) await queue.rotate(writing, customer.id, customer.stack);
}

/** Reports overdue rotations, once for each date. */
export async function tellOfOverdue(
  context: Pick<ServiceContext, "approvals" | "database" | "settings" | "now">,
): Promise<void> {
  const overdue = byCustomer((await rotationsDue(context)).filter((one) => one.overdue));
  for (const [, due] of overdue) {
    const [first] = due;
    if (first === undefined || (await wasTold(context, first))) continue;
    const { stage, customer, dueAt, problem } = first;
    const applications = due.map(({ cell, purpose, applicationId, clientId, what, why, ...rest }) => ({
      ...{ cell, purpose, applicationId, clientId, what, why },
      dueAt: rest.dueAt,
    }));
    await write(context, async (writing) => {
      await tellOfAttention(context, writing, {
        id: `rotationOverdue ${stage}/${customer} ${dueAt}`,
        stage,
        customer,
        text: overdueText(first),
      });
      await append(context, writing, {
        kind: "rotationOverdue",
        stage,
        customer,
        data: { dueAt, applications, ...(problem === undefined ? {} : { problem }) },
      });
    });
  }
}

function overdueText({ stage, customer, dueAt, problem, requestId }: RotationDue): string {
  const why =
    requestId !== undefined
      ? `More than a rotation would change: it waits for the request ${requestId}.`
      : (problem ?? "Check whether applies are paused, and whether the worker runs.");
  return `The credentials of customer ${customer} in ${stage} should have been rotated on ${dueAt}. ${why}`;
}

async function wasTold(
  { database }: Pick<ServiceContext, "database">,
  { stage, customer, dueAt }: RotationDue,
): Promise<boolean> {
  const event = await database
    .selectFrom("events")
    .select("sequence")
    .where("kind", "=", "rotationOverdue")
    .where("stage", "=", stage)
    .where("customer", "=", customer)
    .where("at", ">=", new Date(dueAt))
    .limit(1)
    .executeTakeFirst();
  return event !== undefined;
}
