import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy that opens tunnels (`CONNECT`), and alone knows the addresses of some hosts. */
export interface ForwardProxy {
  /** Its URL, with user and password if it requires them. */
  url: string;
  port: number;
  /** The requested hosts, as `host:port`, in order. */
  asked: string[];
  close: () => Promise<void>;
}

/** The behaviour of a proxy. */
export interface ForwardProxyOptions {
  /** The loopback ports of the hosts that it knows, by `host:port`. */
  hosts?: Readonly<Record<string, number>>;
  /** The required `user:password`, percent-encoded; default: everyone is served. */
  user?: string;
  /** The status with which it refuses everything. */
  refuses?: number;
}

/** Starts a proxy on loopback. */
export async function startForwardProxy(options: ForwardProxyOptions): Promise<ForwardProxy> {
  const { hosts = {}, user, refuses } = options;
  const asked: string[] = [];
  const open = new Set<Socket>();
  const wanted =
    user === undefined ? undefined : `Basic ${Buffer.from(decodeURIComponent(user)).toString("base64")}`;
  const server = createServer((_request, response) => {
    response.writeHead(405).end();
  });
  server.on("connection", (socket: Socket) => open.add(socket));
  server.on("connect", (request, client: Socket) => {
    const target = request.url ?? "";
    asked.push(target);
    client.on("error", () => undefined);
    const isKnown = wanted === undefined || request.headers["proxy-authorization"] === wanted;
    const port = hosts[target];
    const status = refuses ?? (isKnown ? (port === undefined ? 502 : 200) : 407);
    if (status !== 200 || port === undefined) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    open.add(upstream);
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${user === undefined ? "" : `${user}@`}127.0.0.1:${port}`,
    port,
    asked,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}
