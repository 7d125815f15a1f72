import { append } from "../audit/chain";
import { write } from "../records/database";
import type { RequestRow } from "../records/schema";
import type { CustomerRow, Work } from "./work";

/** Finds a request; undefined if it does not exist. */
export async function findRequest({ context }: Work, id: string): Promise<RequestRow | undefined> {
  return context.database.selectFrom("requests").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Returns whether an apply of a request was ever started. */
export async function wasStarted({ context }: Work, id: string): Promise<boolean> {
  const event = await context.database
    .selectFrom("events")
    .select("sequence")
    .where("request_id", "=", id)
    .where("kind", "=", "applyStarted")
    .limit(1)
    .executeTakeFirst();
  return event !== undefined;
}

/**
 * Returns whether the last apply of a customer was started and not completed: it may have left a lock of the
 * engine, or unrecorded objects at the vendor, for the next job of the customer.
 */
export async function wasLeftHalfDone(
  { context }: Work,
  { stage, name }: Pick<CustomerRow, "stage" | "name">,
): Promise<boolean> {
  const last = await context.database
    .selectFrom("events")
    .select("kind")
    .where("stage", "=", stage)
    // A request for several customers has no customer column.
    .where((where) => where.or([where("customer", "=", name), where("customer", "is", null)]))
    .where("kind", "in", ["applyStarted", "applied", "rotatedByClock"])
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return last?.kind === "applyStarted";
}

/** Returns whether applies of a stage are paused. */
export async function isPaused({ context }: Pick<Work, "context">, stage: string): Promise<boolean> {
  const pause = await context.database
    .selectFrom("pauses")
    .select("stage")
    .where("stage", "in", ["*", stage])
    .limit(1)
    .executeTakeFirst();
  return pause !== undefined;
}

/**
 * Records the worker's progress for people who follow a request.
 *
 * @param message - In words; `page/progress-words.ts` has the words of the engine's steps. No credential.
 */
export async function recordProgress(
  { context }: Pick<Work, "context">,
  { id, stage, customer }: Pick<RequestRow, "id" | "stage" | "customer">,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await write(context, async (writing) => {
    await append(context, writing, {
      kind: "progress",
      requestId: id,
      stage,
      customer: customer ?? undefined,
      data: { message, ...data },
    });
  });
}
