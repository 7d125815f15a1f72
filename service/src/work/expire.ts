import { applyFailed } from "../actions/applied";
import { transition } from "../actions/transition";
import { write } from "../records/database";
import type { RequestState } from "../requests/request";
import { ways } from "../requests/state-machine";
import { findRequest } from "./requests";
import type { Work } from "./work";

/** The states in which an incomplete request expires. */
const expiring = (Object.keys(ways) as RequestState[]).filter((state) => ways[state].expired !== undefined);

/** Ends expired requests. */
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

/**
 * Settles jobs that the queue has given up: a failed job whose request is no longer failed makes way for the
 * others of its stack; a request whose job was delivered too often fails, so that it can be retried.
 */
export async function settleFailedJobs(work: Work): Promise<void> {
  await work.queue.release(async (requestId) => {
    const request = await findRequest(work, requestId);
    if (request?.state === "applying") {
      const detail = "It was interrupted repeatedly, and given up. Ask an administrator to retry it.";
      await applyFailed(work.context, requestId, { code: "interrupted", detail });
      return true;
    }
    return request?.state === "failed";
  });
}
