import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { Deadline } from "../../../provider/src/client/deadline";
import { Pacer, realClock } from "../../../provider/src/client/pacer";
import { giveTurns, SharedTurns, type TurnServer } from "../../../provider/src/client/shared-turns";
import type { HttpAnswer } from "../../../provider/src/client/transport";
import { RateLimiter } from "../../../sandbox/api/rate-limit";

/** A server with a limit of its own time. */
class Server {
  served = 0;
  refused = 0;
  readonly #limiter = new RateLimiter({ perSecond: 10, burst: 15, retryAfter: "seconds" }, () =>
    performance.now(),
  );

  exchange = async (): Promise<HttpAnswer> => {
    await realClock.sleep(2);
    const refusal = this.#limiter.refusal();
    if (refusal === undefined) this.served += 1;
    else this.refused += 1;
    return { status: refusal?.status ?? 201, headers: {}, body: "" };
  };
}

describe("client: processes that share a rate limit", () => {
  let folder: string;
  let socket: string;
  let giving: TurnServer | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "turns-"));
    socket = path.join(folder, "turns.sock");
    giving = await giveTurns(socket, realClock);
  });
  afterEach(async () => {
    giving?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const pacer = (): Pacer =>
    new Pacer(realClock, undefined, undefined, (own) => new SharedTurns(socket, own, 16, realClock));

  /** Sends requests through a pacer of its own, as a process does. */
  async function send(server: Server, requests: number, onSent: () => void = () => undefined): Promise<void> {
    const own = pacer();
    const deadline = new Deadline(60_000);
    let left = requests;
    const caller = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await own.send(server.exchange, deadline);
        onSent();
      }
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    deadline.end();
  }

  it("have few requests refused, however many they are", async () => {
    const server = new Server();
    await Promise.all([send(server, 12), send(server, 12), send(server, 12), send(server, 12)]);
    assert.equal(server.served, 48);
    assert.ok(server.refused <= 3, `${server.refused} of 48 were refused`);
  });

  it("continue on their own if the process that gives the turns ends, and return to the next one", async () => {
    const server = new Server();
    let sent = 0;
    await send(server, 20, () => {
      sent += 1;
      if (sent === 10) giving?.close();
    });
    assert.equal(server.served, 20);
    giving = await giveTurns(socket, realClock);
    assert.ok(giving !== undefined);
    await send(server, 2);
    assert.equal(server.served, 22);
  });

  it("are given turns by one of them alone", async () => {
    assert.equal(await giveTurns(socket, realClock), undefined);
  });

  it("have no request wait for one whose process has ended without a word", async () => {
    const server = new Server();
    const own = new SharedTurns(socket, { take: () => Promise.reject(new Error("its own")) }, 16, realClock);
    await own.take("last");
    await send(server, 10);
    assert.equal(server.served, 10);
  });
});
