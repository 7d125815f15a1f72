import type { ClientRequest } from "node:http";
import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";

import { HttpsProxyAgent } from "https-proxy-agent";

import { proxyRefusal } from "../client/connection-problem";
import type { Proxies, Proxy } from "../client/proxies";

type ConnectOptions = Parameters<HttpsProxyAgent<string>["connect"]>[1];
type Connection = ReturnType<HttpsProxyAgent<string>["connect"]>;

/** Thrown if a proxy opens no connection to AWS; `$retryable` makes the AWS SDK try again. */
class ProxyRefusedError extends Error {
  override readonly name = "ProxyRefusedError";
  readonly $retryable?: { throttling: false };

  constructor(host: string, status: number, proxy: Proxy) {
    const { text, isPermanent } = proxyRefusal(status, proxy);
    super(`${host}: ${text}`);
    if (!isPermanent) this.$retryable = { throttling: false };
  }
}

/** Opens the connections of an AWS client, each by the proxy for its host, or directly. */
export class ProxyAgent extends HttpsProxyAgent<string> {
  /** @param options of the connections, as of Node's `https.Agent` */
  constructor(
    private readonly proxies: Proxies,
    options: { ca?: string[] },
  ) {
    // Each connection has its own proxy or none; this one is never used.
    super("http://localhost", { keepAlive: true, maxSockets: 50, ...options });
    this.options = { ...this.options, ...options };
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Connection {
    const scheme = options.secureEndpoint ? "https" : "http";
    const host = String(options.host);
    const target = `${host.includes(":") ? `[${host}]` : host}:${String(options.port)}`;
    const proxy = this.proxies.of(`${scheme}://${target}`);
    if (proxy === undefined) return options.secureEndpoint ? connectTls(options) : connectPlain(options);
    let status = 200;
    request.once("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      status = statusCode;
    });
    const { keepAlive, maxSockets } = this;
    const { ca } = this.options;
    const agent = new HttpsProxyAgent(proxy.url, {
      keepAlive,
      maxSockets,
      ...(ca === undefined ? {} : { ca }),
    });
    const socket = await agent.connect(request, options);
    if (status === 200) return socket;
    socket.destroy();
    throw new ProxyRefusedError(host, status, proxy);
  }
}
