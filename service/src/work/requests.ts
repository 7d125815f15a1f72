import type { RequestRow, Work } from "./work";

/** Finds a request; undefined where there is none. */
export async function findRequest({ context }: Work, id: string): Promise<RequestRow | undefined> {
  return context.database.selectFrom("requests").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Tells whether an apply of a request was ever begun. */
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

/** Tells whether applies of a stage are paused. */
export async function isPaused({ context }: Work, stage: string): Promise<boolean> {
  const pause = await context.database
    .selectFrom("pauses")
    .select("stage")
    .where("stage", "in", ["*", stage])
    .limit(1)
    .executeTakeFirst();
  return pause !== undefined;
}
