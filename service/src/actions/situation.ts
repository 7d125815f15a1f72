import type { Reading, RequestRow } from "../records/schema";
import { placeInQueue } from "./place";

/** What an active request waits for, apart from people. */
export interface Situation {
  /** Its place in the queue, from 1; absent if it waits for people, or for nothing. */
  place?: number;
  /** Why its stage is paused; absent if it is not. */
  pause?: { reason: string; by: string | undefined; at: string };
  /** Another request of the same customer that failed halfway, which blocks the customer's applies. */
  blockedBy?: string;
}

/** Finds what delays a request, apart from people. */
export async function situationOf(reading: Reading, request: RequestRow): Promise<Situation> {
  const place = await placeInQueue(reading, request.id);
  if (request.state !== "queued") return place === undefined ? {} : { place };
  const pause = await reading
    .selectFrom("pauses")
    .innerJoin("people", "people.id", "pauses.paused_by")
    .select(["reason", "paused_at", "people.name"])
    .where("stage", "in", ["*", request.stage])
    .orderBy("paused_at")
    .limit(1)
    .executeTakeFirst();
  const blocking = await reading
    .selectFrom("requests")
    .select("id")
    .where("stage", "=", request.stage)
    .where("customer", "=", request.customer ?? "")
    .where("state", "=", "failed")
    .where("id", "in", (query) =>
      query
        .selectFrom("events")
        .select("request_id")
        .where("kind", "=", "applyStarted")
        .$castTo<{ request_id: string }>(),
    )
    .limit(1)
    .executeTakeFirst();
  return {
    ...(place === undefined ? {} : { place }),
    ...(pause === undefined
      ? {}
      : { pause: { reason: pause.reason, by: pause.name ?? undefined, at: pause.paused_at.toISOString() } }),
    ...(blocking === undefined ? {} : { blockedBy: blocking.id }),
  };
}
