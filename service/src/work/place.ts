import type { Reading } from "../context";
import type { RequestState } from "../requests/request";

/** The states in which a request waits for the worker, or is at work. */
const waiting: readonly RequestState[] = ["previewing", "queued", "applying"];

/**
 * Gives the place of a request in the queue: how many, itself included, wait for the worker or are at work that came into
 * their state before. Undefined where it waits for nobody, or for people.
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
