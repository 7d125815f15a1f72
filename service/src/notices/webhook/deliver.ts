import http, { type IncomingHttpHeaders } from "node:http";
import https from "node:https";
import { isIP } from "node:net";

import { askedWaitMs } from "pulumi-resistant-tenants/internal/answer-headers";
import { Webhook } from "standardwebhooks";

import type { WebhookSettings } from "../../settings/notices";
import type { Outcome } from "../outbox";
import { AddressError, checkedLookup, type Lookup, objectionToAddress } from "./address";

/** A webhook of the settings, with its signing secrets; or a chat channel, which has none. */
export interface Endpoint extends Pick<WebhookSettings, "name" | "url" | "allowPrivateAddresses"> {
  /** All of them sign; the first one's signature comes first. */
  secrets: readonly string[];
}

/** A message to a webhook. */
export interface Message {
  /** The header `webhook-id`: the same at each attempt. */
  id: string;
  body: string;
}

/** How a message is sent. */
export interface DeliveryOptions {
  now: () => Date;
  /** For tests. Default: the system's. */
  lookup?: Lookup;
  /** How long an attempt may take, in milliseconds. Default: 15 s. */
  timeoutMs?: number;
}

/** Only the status and the headers of a receiver's answer are read. */
const unread = "ANSWER_UNREAD";

/**
 * Sends a message to a webhook once: signed as in Standard Webhooks, to a checked address, without following
 * a redirect. Only 2xx counts as received.
 */
export async function deliver(
  { url, secrets, allowPrivateAddresses }: Endpoint,
  { id, body }: Message,
  { now, lookup, timeoutMs = 15_000 }: DeliveryOptions,
): Promise<Outcome> {
  const target = new URL(url);
  const at = now();
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body));
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "user-agent": "resistant-tenants",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
  try {
    insistOnLiteral(target, allowPrivateAddresses);
    const { status, headers: answered } = await post(target, body, {
      headers,
      lookup: checkedLookup(allowPrivateAddresses, lookup),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (status >= 200 && status < 300) return { how: "sent" };
    // 410: the receiver wants no more messages.
    return status === 410
      ? { how: "refused", problem: "410" }
      : { how: "later", problem: String(status), isDown: true, ...waitOf(status, answered, at) };
  } catch (error) {
    const { code, name } = error as { code?: unknown; name: string };
    return { how: "later", problem: typeof code === "string" ? code : name, isDown: true };
  }
}

/** The longest delay that a receiver can ask for, in milliseconds. */
const longestWaitMs = 24 * 3_600_000;

/** Returns how long a busy receiver asks to be left alone, in the headers in which the vendor's servers do. */
function waitOf(status: number, given: IncomingHttpHeaders, now: Date): { afterMs?: number } {
  if (status !== 429 && status !== 503) return {};
  const headers = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
  const askedMs = askedWaitMs({ status, headers }, now.getTime()) ?? 0;
  return askedMs > 0 ? { afterMs: Math.min(askedMs, longestWaitMs) } : {};
}

/** An address in the URL itself is not looked up, so it is checked here. */
function insistOnLiteral({ hostname }: URL, isPrivateAllowed: boolean): void {
  const address = hostname.replace(/^\[|\]$/g, "");
  if (isIP(address) === 0) return;
  const range = objectionToAddress(address, isPrivateAllowed);
  if (range !== undefined) throw new AddressError(`The webhook's address is not allowed: ${range}.`);
}

function post(
  target: URL,
  body: string,
  options: Pick<https.RequestOptions, "headers" | "lookup" | "signal">,
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  const { request, Agent } = target.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    // A separate agent: no connection opened for another receiver is used.
    const agent = new Agent({ keepAlive: false });
    const sent = request(target, { ...options, method: "POST", agent }, (answer) => {
      answer.on("error", () => undefined);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
      answer.destroy(Object.assign(new Error("The answer is not read."), { code: unread }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
