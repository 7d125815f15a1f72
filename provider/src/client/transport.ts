import { Agent, type Dispatcher, Pool, ProxyAgent } from "undici";

import { explainConnectionProblem } from "./connection-problem";
import { TenantManagementError } from "./errors";
import { Proxies, type Proxy } from "./proxies";

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
  /** The largest answer that is read, in bytes. Default: 8 MiB. */
  maxAnswerBytes?: number;
  /** The most open connections to one server. Default: {@link defaultConnections}. */
  connections?: number;
}

/** The default number of connections to one server. */
export const defaultConnections = 16;

/** Identifies this client in the vendor's logs; many firewalls refuse a request without it. */
const userAgent = "pulumi-resistant-tenants";

/** One HTTP request, as this client sends them. */
export interface HttpRequest {
  method: "GET" | "POST" | "DELETE";
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

/** One complete answer. Header names are in lower case. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends one request and reads its complete answer, without retries or interpretation. */
export interface Transport {
  /**
   * @returns Resolves with the answer, also one of an error status. Redirects are not followed.
   * @throws {@link TenantManagementError} `NOT_SENT` if the request certainly did not reach the server, else
   *   `NO_ANSWER`; `isPermanent` if every repetition would fail likewise
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Closes the open connections. */
  close(): Promise<void>;
}

/**
 * Opens the pool of connections that one process shares.
 *
 * @param proxies the proxies for requests. Default: none.
 */
export function createTransport(limits: TransportLimits = {}, proxies = Proxies.none): Transport {
  const exchangeTimeoutMs = limits.exchangeTimeoutMs ?? 60_000;
  const open = new Map<string, Dispatcher>();
  const dispatcherTo = (url: URL): Way => {
    const proxy = proxies.of(url);
    const key = proxy?.url.href ?? "";
    const dispatcher = open.get(key) ?? (proxy === undefined ? directAgent(limits) : agentBy(proxy, limits));
    open.set(key, dispatcher);
    return { dispatcher, proxy };
  };
  return {
    send: (request) => send(dispatcherTo(request.url), request, exchangeTimeoutMs),
    close: async () => {
      await Promise.all([...open.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/** The connections for requests. */
interface Way {
  dispatcher: Dispatcher;
  proxy: Proxy | undefined;
}

function directAgent(limits: TransportLimits): Dispatcher {
  return new Agent({ ...poolOptions(limits), connect: { timeout: connectTimeoutMs(limits) } });
}

/** Opens tunnels through a proxy. The time limit for a connection also applies to the proxy's answer to `CONNECT`. */
function agentBy({ url: { origin, username, password } }: Proxy, limits: TransportLimits): Dispatcher {
  const timeout = connectTimeoutMs(limits);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return new ProxyAgent({
    ...poolOptions(limits),
    uri: origin,
    ...(user === ":" ? {} : { token: `Basic ${Buffer.from(user).toString("base64")}` }),
    requestTls: { timeout },
    proxyTls: { timeout },
    clientFactory: (proxy, options) => new Pool(proxy, { ...options, headersTimeout: timeout }),
  });
}

function poolOptions(limits: TransportLimits) {
  return {
    connections: limits.connections ?? defaultConnections,
    pipelining: 1,
    headersTimeout: limits.headersTimeoutMs ?? 30_000,
    bodyTimeout: limits.bodyTimeoutMs ?? 30_000,
    maxResponseSize: limits.maxAnswerBytes ?? 8 * 1024 * 1024,
  };
}

function connectTimeoutMs(limits: TransportLimits): number {
  return limits.connectTimeoutMs ?? 10_000;
}

async function send(
  { dispatcher: way, proxy }: Way,
  request: HttpRequest,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const progress = { isWritten: false };
  const dispatcher = way.compose(
    (dispatch) => (options, handler) => dispatch(options, notingWrite(handler, progress)),
  );
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: request.url.origin,
      path: request.url.pathname + request.url.search,
      method: request.method,
      // Compression is not requested, so responses need not be expanded and cannot grow.
      headers: { "accept-encoding": "identity", ...request.headers, "user-agent": userAgent },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: statusCode, headers: singleHeaders(headers), body: await body.text() };
  } catch (error) {
    const { text, isPermanent } = explainConnectionProblem(error, proxy);
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
