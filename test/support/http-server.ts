import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on loopback that responds as each test specifies. */
export interface TestServer {
  url(path?: string): URL;
  /** Sets how the requests of this test are answered; a test whose server gets no request fails. */
  answerWith(listener: RequestListener): void;
  /** The requests of this test. */
  requests: IncomingMessage[];
  /** The connections opened since the server started. */
  connections(): number;
}

/** Starts a server before the tests of a suite and ends it after them. */
export function useServer(): TestServer {
  const requests: IncomingMessage[] = [];
  let listener: RequestListener | undefined;
  let connections = 0;
  let server: Server | undefined;

  before((done) => {
    server = createServer((request, response) => {
      requests.push(request);
      listener?.(request, response);
    });
    server.on("connection", () => (connections += 1));
    server.listen(0, "127.0.0.1", done);
  });
  beforeEach(() => {
    requests.length = 0;
    listener = undefined;
  });
  afterEach(() => {
    server?.closeAllConnections();
    if (listener !== undefined) assert.ok(requests.length > 0, "the server was never asked");
  });
  after((done) => {
    server?.close(done);
  });
  return {
    url: (path = "/") => new URL(path, `http://127.0.0.1:${(server?.address() as AddressInfo).port}`),
    answerWith: (given) => {
      listener = given;
    },
    requests,
    connections: () => connections,
  };
}

/** Returns a loopback port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
