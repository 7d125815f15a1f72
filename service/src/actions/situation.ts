import { comparable } from "resistant-tenants-stacks/configuration";

import { othersWithCustomerId } from "../customers/same-customer-id";
import type { Reading, RequestRow } from "../records/schema";
import { findCustomer } from "../requests/customers-asked-for";
import type { RequestState } from "../requests/request";

/** What an active request waits for, apart from people, and what they should know about it. */
export interface Situation {
  /** Its place in the queue, from 1; absent if it waits for people, or for nothing. */
  place?: number;
  /** Why its stage is paused; absent if it is not. */
  pause?: { reason: string; by: string | undefined; at: string };
  /** Another request of the same customer that failed halfway, which blocks the customer's applies. */
  blockedBy?: string;
  /** The stage's other active customers with the `customerId` that it newly declares. */
  sameCustomerId?: readonly string[];
}

const undecided = ["previewing", "waitingForApproval"];

/** Finds what delays a request, apart from people, and what they should know about it. */
export async function situationOf(reading: Reading, request: RequestRow): Promise<Situation> {
  const place = await placeInQueue(reading, request.id);
  if (undecided.includes(request.state)) {
    const sameCustomerId = await sharersOf(reading, request);
    return {
      ...(place === undefined ? {} : { place }),
      ...(sameCustomerId.length === 0 ? {} : { sameCustomerId }),
    };
  }
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

async function sharersOf(reading: Reading, { stage, customer: name, asked }: RequestRow): Promise<string[]> {
  const { customer } = asked as { customer?: { customerId?: unknown } };
  if (name === null || customer?.customerId === undefined) return [];
  const { customerId } = customer;
  const present = await findCustomer(reading, stage, name);
  const declared = present?.status === "active" ? (present.entry as { customerId?: unknown }) : {};
  return comparable(declared.customerId) === comparable(customerId)
    ? []
    : othersWithCustomerId(reading, { stage, name, customerId });
}
