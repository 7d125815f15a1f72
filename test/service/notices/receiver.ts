import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A call as the receiver got it. */
export interface Call {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** A receiver on loopback. */
export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly calls: Call[];
  /** The statuses of the next answers; 204 where there is none. */
  readonly answers: (
    number | "silence" | { redirect: string } | { status: number; retryAfter: string; date: string }
  )[];
  readonly close: () => Promise<void>;
}

/**
 * Starts a receiver of webhooks.
 *
 * @param file - Where each call is also written, a line each.
 */
export async function startReceiver(file?: string): Promise<Receiver> {
  const calls: Call[] = [];
  const answers: Receiver["answers"] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const call = { path: request.url ?? "", headers: plain(request.headers), body };
      calls.push(call);
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(call)}\n`);
      const answer = answers.shift() ?? 204;
      if (answer === "silence") return;
      if (typeof answer === "number") response.writeHead(answer).end("x".repeat(100_000));
      else if ("redirect" in answer) response.writeHead(302, { location: answer.redirect }).end();
      else response.writeHead(answer.status, { "retry-after": answer.retryAfter, date: answer.date }).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    calls,
    answers,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
