import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import type { Writing } from "../context";
import { Problem } from "../problem";
import { idempotently } from "../records/idempotency";
import type { WebContext } from "./app";

/** The header of every POST; that it is there is checked where it is used, with a problem of its own. */
export const idempotencyHeaders = z.looseObject({
  "idempotency-key": z
    .string()
    .optional()
    .describe("Required. A random text for each thing that is to be done once; it is kept for 30 days."),
});

/** Does what a POST asks for, once for its key; a repeated call is answered with `Idempotent-Replayed: true`. */
export async function once<T extends object>(
  context: WebContext,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (writing: Writing) => Promise<T>,
): Promise<T> {
  const { person } = request.caller;
  const key = request.headers["idempotency-key"];
  const route = `${request.method} ${request.url.split("?")[0]?.replace(/\/+$/, "") ?? ""}`;
  const call = { caller: person, route, key: typeof key === "string" ? key : undefined, body: request.body };
  try {
    const { answer, isReplayed } = await idempotently(context, call, work);
    if (isReplayed) void reply.header("idempotent-replayed", "true");
    return answer;
  } catch (error) {
    // It has recorded what it refused.
    if (error instanceof Problem) request.isRefusalRecorded = true;
    throw error;
  }
}
