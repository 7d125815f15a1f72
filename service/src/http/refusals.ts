import type { FastifyRequest } from "fastify";

import { append } from "../audit/chain";
import type { EventKind } from "../audit/kinds";
import type { ServiceContext } from "../context";
import type { Problem } from "../problem";
import { write } from "../records/database";
import type { Caller } from "./caller";
import { describeError, type ServiceLog } from "./log";

/** What is needed to record a refusal. */
interface Refusing extends Pick<ServiceContext, "database" | "now"> {
  readonly log: ServiceLog;
}

/** The same, for callers that may be unknown. */
interface Refuser extends Refusing {
  readonly unknownCallers: UnknownCallers;
}

/**
 * Records that access was refused. Refusals within a repeatable call are recorded there (`actions/idempotency.ts`); for
 * unknown callers, a few are recorded each minute, and the rest are counted.
 */
export async function recordRefusal(
  context: Refuser,
  request: FastifyRequest,
  problem: Problem,
): Promise<void> {
  const caller = request.caller as Caller | undefined;
  const data = { route: routeOf(request), problem: problem.code };
  if (caller === undefined) {
    if (problem.status === 401) await context.unknownCallers.record(context, "accessRefused", data);
    return;
  }
  if (!problem.isRefusal || request.isRefusalRecorded) return;
  await appendRefusal(context, "accessRefused", data, caller.person.id);
}

/** Records a failed log-in, after the identity provider has sent the browser back. */
export async function recordRefusedLogIn(context: Refuser, { code }: Problem): Promise<void> {
  await context.unknownCallers.record(context, "logInRefused", { problem: code });
}

/** A refusal that cannot be recorded is still refused; the log has it. */
async function appendRefusal(
  context: Refusing,
  kind: EventKind,
  data: Readonly<Record<string, unknown>>,
  actorId?: string,
): Promise<void> {
  try {
    await write(context, (writing) => append(context, writing, { kind, actorId, data }));
  } catch (error) {
    context.log("error", "refusalNotRecorded", describeError(error));
  }
}

const minuteMs = 60_000;
/** How many refusals of unknown callers are recorded individually, per minute and kind. */
const eachMinute = 10;

interface Minute {
  since: number;
  recorded: number;
  more: number;
}

/** Records refusals of unknown callers without letting them fill the chain of events. */
export class UnknownCallers {
  readonly #minutes = new Map<EventKind, Minute>();

  /** Records a refusal, with the number of earlier ones that were only counted. */
  async record(context: Refusing, kind: EventKind, data: Readonly<Record<string, unknown>>): Promise<void> {
    const now = context.now().getTime();
    const last = this.#minutes.get(kind);
    const isOver = last === undefined || now - last.since >= minuteMs;
    const minute = isOver ? { since: now, recorded: 0, more: last?.more ?? 0 } : last;
    this.#minutes.set(kind, minute);
    if (minute.recorded >= eachMinute) {
      minute.more += 1;
      return;
    }
    minute.recorded += 1;
    const { more } = minute;
    minute.more = 0;
    await appendRefusal(context, kind, { ...data, ...(more === 0 ? {} : { notRecordedBefore: more }) });
  }
}

/** The route as the code has it: no log and no metric contains what a caller writes into a path. */
export function routeOf({
  method,
  routeOptions,
}: {
  method: string;
  routeOptions: { url?: string | undefined };
}): string {
  return `${method} ${routeOptions.url ?? "(none)"}`;
}
