import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { idempotently } from "../actions/idempotency";
import { Problem } from "../problem";
import type { Writing } from "../records/schema";
import type { WebContext } from "./web-context";

/** The header of every POST; if it is missing, the code that uses it reports a problem. */
export const idempotencyHeaders = z.looseObject({
  "idempotency-key": z
    .string()
    .optional()
    .describe("Required. A random text, new for each operation; stored for 30 days."),
});

/** Runs a POST once for its key; a repeated call is answered with `Idempotent-Replayed: true`. */
export async function once<T extends object>(
  context: WebContext,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (writing: Writing) => Promise<T>,
): Promise<T> {
  const { person } = request.caller;
  const key = request.headers["idempotency-key"];
  const route = `${request.method} ${addressOf(request)}`;
  const call = { caller: person, route, key: typeof key === "string" ? key : undefined, body: request.body };
  try {
    const { answer, isReplayed } = await idempotently(context, call, work);
    if (isReplayed) void reply.header("idempotent-replayed", "true");
    return answer;
  } catch (error) {
    // It has already recorded the refusal.
    if (error instanceof Problem) request.isRefusalRecorded = true;
    throw error;
  }
}

/** The route with its parsed parameters: one address, however it was written. */
function addressOf({ routeOptions, params }: FastifyRequest): string {
  const values = z.record(z.string(), z.string()).catch({}).parse(params);
  return (routeOptions.url ?? "").replace(/:(\w+)/g, (_, name: string) => values[name] ?? "");
}
