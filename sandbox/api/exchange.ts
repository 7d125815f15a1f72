import type { FastifyReply } from "fastify";

import type { Answer } from "./answer";
import type { Fault } from "./faults";
import type { RequestRecord } from "./journal";

/** Waits, in milliseconds. */
export type Sleep = (delayMs: number) => Promise<void>;

/** What may disturb an operation. */
export interface Disturbance {
  /** The delay of every request, in milliseconds. */
  latencyMs: number;
  fault: Fault | undefined;
  sleep: Sleep;
}

const garbage = "<html><body>Bad Gateway</body></html>";

/**
 * Executes an operation and sends its response, with the planned faults.
 *
 * @param record - gets the status that is sent
 */
export async function exchange(
  reply: FastifyReply,
  record: RequestRecord,
  { latencyMs, fault, sleep }: Disturbance,
  carryOut: () => Answer | Promise<Answer>,
): Promise<void> {
  const waitMs = latencyMs + (fault?.latencyMs ?? 0);
  if (waitMs > 0) await sleep(waitMs);
  switch (fault?.kind) {
    case undefined:
    case "latency":
      await send(reply, record, await carryOut());
      return;
    case "status":
      if (fault.carriedOut) {
        await carryOut();
      }
      await send(reply, record, toFaultAnswer(fault, record), fault.body);
      return;
    case "reset-before":
      reset(reply);
      return;
    case "reset-after":
      await carryOut();
      reset(reply);
      return;
    case "hang":
      if (fault.carriedOut) {
        await carryOut();
      }
      reply.hijack();
      return;
    case "half-body":
      sendHalf(reply, record, await carryOut());
      return;
    case "garbage-body":
      await send(reply, record, await carryOut(), fault.body ?? garbage);
      return;
  }
}

/** @param text - sent as the body instead of the response's own */
async function send(
  reply: FastifyReply,
  record: RequestRecord,
  answer: Answer,
  text?: string,
): Promise<void> {
  const payload = text ?? textOf(answer);
  record.status = answer.status;
  reply.code(answer.status).headers(headersOf(answer, payload));
  await reply.send(payload === "" ? undefined : payload);
}

function sendHalf(reply: FastifyReply, record: RequestRecord, answer: Answer): void {
  const payload = Buffer.from(textOf(answer));
  record.status = answer.status;
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(answer.status, {
    ...headersOf(answer, payload.toString()),
    ...(payload.length > 0 ? { "content-length": payload.length } : {}),
  });
  raw.write(payload.subarray(0, Math.floor(payload.length / 2)), () => raw.socket?.destroy());
}

function reset(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.socket?.resetAndDestroy();
}

function toFaultAnswer(fault: Fault, { operation }: RequestRecord): Answer {
  const { status, contentType } = fault;
  const headers = { ...(contentType === undefined ? {} : { "content-type": contentType }), ...fault.headers };
  if (status === 429 || status === 204) {
    return { status, headers };
  }
  const message = "a fault was injected into the sandbox";
  const body =
    operation === "token" || operation === "applicationToken"
      ? { error: "temporarily_unavailable", error_description: message }
      : { message };
  return { status, headers, body };
}

function textOf({ body }: Answer): string {
  return body === undefined ? "" : JSON.stringify(body);
}

function headersOf({ headers }: Answer, payload: string): Record<string, string> {
  return payload === "" ? { ...headers } : { "content-type": "application/json", ...headers };
}

/** Returns the media type of a `Content-Type` header without its parameters, in lower case. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase();
}
