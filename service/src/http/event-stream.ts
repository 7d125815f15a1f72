import { once } from "node:events";

import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { viewOf } from "../actions/view";
import { shownKinds } from "../audit/kinds";
import type { ServiceContext } from "../context";
import { wordsOfEvent } from "../page/words";
import { Problem } from "../problem";
import type { RequestState } from "../requests/request";
import { endStates } from "../requests/state-machine";
import type { WebContext } from "./web-context";

/** The interval of comments, in milliseconds: proxies close silent connections. */
const heartbeatMs = 15_000;

/** A stored event; its `data` contains what its kind names, never a credential. */
const storedEvent = z.looseObject({ data: z.record(z.string(), z.unknown()).default({}) });

/**
 * Streams the events of a request until it ends or the caller disconnects. An event's id is its place in the
 * chain, so that `Last-Event-ID` resumes after it.
 */
export async function sendEvents(
  context: WebContext,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
): Promise<FastifyReply> {
  const { person } = request.caller;
  // Only those who may see the request may follow it.
  await viewOf(context, person, id);
  let last = lastEventOf(request);
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  raw.once("close", () => {
    gone.abort();
  });
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
  });
  raw.write("retry: 3000\n\n");
  const heartbeat = setInterval(() => raw.write(": still here\n\n"), heartbeatMs);
  try {
    while (!gone.signal.aborted) {
      const { version } = context.feed;
      // The state is read first, so that the events include whatever led to an end state.
      const present = await stateOf(context, id);
      for (const event of await eventsAfter(context, id, last)) {
        last = event.sequence;
        if (
          !raw.write(`id: ${event.sequence}\nevent: ${event.kind}\ndata: ${JSON.stringify(event.data)}\n\n`)
        )
          await Promise.race([once(raw, "drain"), once(raw, "close")]);
      }
      if (endStates.includes(present)) break;
      await context.feed.grown(version, gone.signal);
    }
  } finally {
    clearInterval(heartbeat);
    raw.end();
  }
  return reply;
}

function lastEventOf({ headers }: FastifyRequest): string {
  const last = headers["last-event-id"];
  if (last === undefined) return "0";
  if (typeof last === "string" && /^\d{1,18}$/.test(last)) return last;
  throw new Problem("invalid", "Last-Event-ID must be the id of an event of this request.");
}

async function stateOf({ database }: Pick<ServiceContext, "database">, id: string): Promise<RequestState> {
  const row = await database
    .selectFrom("requests")
    .select("state")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return row.state as RequestState;
}

/** An event as it is streamed. */
export interface ShownEvent {
  sequence: string;
  kind: string;
  data: Readonly<Record<string, unknown>>;
}

/** Reads the visible events of a request, after one of them. */
export async function eventsAfter(
  { database }: Pick<ServiceContext, "database">,
  id: string,
  after: string,
): Promise<ShownEvent[]> {
  const rows = await database
    .selectFrom("events")
    .leftJoin("people", "people.id", "events.actor_id")
    .select([
      "events.sequence",
      "events.kind",
      "events.at",
      "events.text",
      "people.id as actor",
      "people.name",
    ])
    .where("events.request_id", "=", id)
    .where("events.sequence", ">", after)
    .where("events.kind", "in", [...shownKinds])
    .orderBy("events.sequence")
    .execute();
  return rows.map(({ sequence, kind, at, text, actor, name }) => {
    const { data } = storedEvent.parse(JSON.parse(text));
    const by = actor === null ? {} : { by: { id: actor, ...(name === null ? {} : { name }) } };
    const words = wordsOfEvent(kind, data);
    return { sequence, kind, data: { ...data, kind, at: at.toISOString(), words, ...by } };
  });
}
