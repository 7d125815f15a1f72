import type { FastifyRequest } from "fastify";

import { append } from "../audit/chain";
import type { Problem } from "../problem";
import { write } from "../records/database";
import type { WebContext } from "./app";
import { routeOf } from "./app";
import type { Caller } from "./caller";
import { describeError } from "./log";

/**
 * Records that somebody who is known was refused access. What is refused within a repeatable call is recorded there
 * (records/idempotency.ts); an unknown caller is counted in the metrics, and cannot fill the chain.
 */
export async function recordRefusal(
  context: WebContext,
  request: FastifyRequest,
  { status, code }: Problem,
): Promise<void> {
  const caller = request.caller as Caller | undefined;
  if (caller === undefined || status !== 403 || request.isRefusalRecorded) return;
  try {
    await write(context, (writing) =>
      append(context, writing, {
        kind: "accessRefused",
        actorId: caller.person.id,
        data: { route: routeOf(request), problem: code },
      }),
    );
  } catch (error) {
    context.log("error", "refusalNotRecorded", describeError(error));
  }
}
