import { Agent, type Dispatcher } from "undici";

import { explainConnectionProblem } from "./connection-problem";
import { TenantManagementError } from "./errors";

/** Bounds on one HTTP exchange. */
export interface TransportLimits {
  /** Time to a connection, TLS included, in milliseconds; default 10 000. */
  connectTimeoutMs?: number;
  /** Time from the request to the answer's headers, in milliseconds; default 30 000. */
  headersTimeoutMs?: number;
  /** Time between two pieces of the answer's body, in milliseconds; default 30 000. */
  bodyTimeoutMs?: number;
  /** Time for the whole exchange, in milliseconds; default 60 000. */
  exchangeTimeoutMs?: number;
  /** The largest answer that is read, in bytes; default 8 MiB. */
  maxAnswerBytes?: number;
  /** How many connections to one server are open at once; default {@link defaultConnections}. */
  connections?: number;
}

/** How many connections to one server are open at once where nothing else is said. */
export const defaultConnections = 16;

/** What the vendor's logs know this client by; a request without one is refused by many a firewall. */
const userAgent = "pulumi-resistant-tenants";

/** One HTTP request, as this client sends them. */
export interface HttpRequest {
  method: "GET" | "POST" | "DELETE";
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

/** One whole answer. Header names are lower case. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends one request and reads its whole answer; knows nothing of retries or of what the answer means. */
export interface Transport {
  /**
   * @returns Resolves with the answer, whatever its status. Redirects are not followed.
   * @throws {@link TenantManagementError} `NOT_SENT` when the request surely did not reach the server, else `NO_ANSWER`;
   *   `isPermanent` where the same would happen again.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends the connections that are open. */
  close(): Promise<void>;
}

/** Opens the pool of connections that one process shares. */
export function createTransport(limits: TransportLimits = {}): Transport {
  const agent = new Agent({
    connections: limits.connections ?? defaultConnections,
    pipelining: 1,
    connect: { timeout: limits.connectTimeoutMs ?? 10_000 },
    headersTimeout: limits.headersTimeoutMs ?? 30_000,
    bodyTimeout: limits.bodyTimeoutMs ?? 30_000,
    maxResponseSize: limits.maxAnswerBytes ?? 8 * 1024 * 1024,
  });
  return {
    send: (request) => send(agent, request, limits.exchangeTimeoutMs ?? 60_000),
    close: () => agent.destroy(),
  };
}

async function send(agent: Agent, request: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
  const progress = { isWritten: false };
  const dispatcher = agent.compose(
    (dispatch) => (options, handler) => dispatch(options, notingWrite(handler, progress)),
  );
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: request.url.origin,
      path: request.url.pathname + request.url.search,
      method: request.method,
      // What is not asked for need not be unpacked, and what is not unpacked cannot grow.
      headers: { "accept-encoding": "identity", ...request.headers, "user-agent": userAgent },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: statusCode, headers: singleHeaders(headers), body: await body.text() };
  } catch (error) {
    const { text, isPermanent } = explainConnectionProblem(error);
    throw new TenantManagementError(
      progress.isWritten ? "NO_ANSWER" : "NOT_SENT",
      `${request.url.host}: ${text}`,
      { isPermanent, cause: error },
    );
  }
}

/** undici calls `onRequestStart` when it has a connection and is about to write: before that, nothing can have arrived. */
function notingWrite(
  handler: Dispatcher.DispatchHandler,
  progress: { isWritten: boolean },
): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context: unknown) => {
      progress.isWritten = true;
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseStart: (...args) => handler.onResponseStart?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  };
}

function singleHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}
