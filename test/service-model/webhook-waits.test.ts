import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { deliver } from "resistant-tenants-service/notices/webhook/deliver";

const minuteMs = 60_000;

describe("how long a busy receiver of webhooks is left alone", () => {
  const now = new Date("2026-11-26T12:00:00.000Z");
  const at = (ms: number): Date => new Date(now.getTime() + ms);
  /** As C writes it: without a zone, which is UTC. */
  const asctime = "Thu Nov 26 12:10:00 2026";

  const zone = process.env["TZ"];
  afterEach(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });

  /** Delivers a message to a receiver that answers with a status and headers. */
  async function waitAfter(status: number, headers: Record<string, string>): Promise<number | undefined> {
    const server = createServer((_request, response) => response.writeHead(status, headers).end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const endpoint = {
      name: "crm",
      url: `http://127.0.0.1:${port}/`,
      allowPrivateAddresses: true,
      secrets: [],
    };
    try {
      const outcome = await deliver(endpoint, { id: "evt_1", body: "{}" }, { now: () => now });
      return outcome.how === "later" ? outcome.afterMs : undefined;
    } finally {
      server.close();
    }
  }

  const epochSeconds = String(at(10 * minuteMs).getTime() / 1_000);
  for (const [what, status, headers, wait] of [
    ["Retry-After in seconds", 503, { "retry-after": "600" }, 10 * minuteMs],
    ["Retry-After as a date", 429, { "retry-after": at(10 * minuteMs).toUTCString() }, 10 * minuteMs],
    ["Retry-After as a date of asctime", 429, { "retry-after": asctime }, 10 * minuteMs],
    [
      "Retry-After as a date by a clock that is an hour ahead",
      429,
      { date: at(60 * minuteMs).toUTCString(), "retry-after": at(70 * minuteMs).toUTCString() },
      10 * minuteMs,
    ],
    ["X-RateLimit-Reset", 429, { "x-ratelimit-reset": epochSeconds }, 10 * minuteMs],
    ["more than a day", 429, { "retry-after": "8640000" }, 24 * 60 * minuteMs],
    ["a time in the past", 429, { "retry-after": at(-minuteMs).toUTCString() }, undefined],
    ["nothing", 429, {}, undefined],
    ["Retry-After after another status", 500, { "retry-after": "600" }, undefined],
  ] as const)
    it(`follows ${what}`, async () => {
      process.env["TZ"] = "America/New_York";
      assert.equal(await waitAfter(status, { date: now.toUTCString(), ...headers }), wait);
    });
});
