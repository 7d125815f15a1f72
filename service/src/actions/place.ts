import type { Reading } from "../records/schema";
import type { RequestState } from "../requests/request";

/** The states in which a request waits for the worker, or is being worked on. */
const waiting: readonly RequestState[] = ["previewing", "queued", "applying"];

/**
 * Returns the place of a request in the queue: the number of requests, itself included, that wait for the
 * worker or are being worked on and reached their state earlier. Undefined if it waits for no worker.
 */
export async function placeInQueue(reading: Reading, requestId: string): Promise<number | undefined> {
  const { place } = await reading
    .selectFrom("requests as own")
    .innerJoin("requests as other", (join) => join.onTrue())
    .select(({ fn }) => fn.count<string>("other.id").as("place"))
    .where("own.id", "=", requestId)
    .where("own.state", "in", [...waiting])
    .where("other.state", "in", [...waiting])
    .whereRef("other.updated_at", "<=", "own.updated_at")
    .executeTakeFirstOrThrow();
  return Number(place) === 0 ? undefined : Number(place);
}
