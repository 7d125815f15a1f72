import assert from "node:assert/strict";

import { RateLimiter } from "../../../sandbox/api/rate-limit";
import { accessToken, apiOf, requestToken, useSandbox } from "./client";

describe("sandbox: rate limit", () => {
  const sandbox = useSandbox();

  async function limited(
    retryAfter: "seconds" | "date" | "absent",
  ): Promise<{ retryAfter: string | null; text: string; status: number }> {
    const api = await apiOf(sandbox());
    sandbox().control.configure({ rateLimit: { perSecond: 0.1, burst: 1, retryAfter } });
    await api("GET", "/tenants");
    const { status, headers, text } = await api("GET", "/tenants");
    return { status, text, retryAfter: headers.get("retry-after") };
  }

  afterEach(() => {
    sandbox().control.configure({ rateLimit: null });
  });

  it("answers 429 without a body", async () => {
    const { status, text } = await limited("seconds");
    assert.deepEqual({ status, text }, { status: 429, text: "" });
  });

  it("says in seconds when to come back", async () => {
    assert.equal((await limited("seconds")).retryAfter, "10");
  });

  it("says as an HTTP date when to come back", async () => {
    const limiter = new RateLimiter({ perSecond: 0.1, burst: 1, retryAfter: "date" }, () =>
      Date.UTC(2030, 0, 1),
    );
    limiter.refusal();
    assert.deepEqual(limiter.refusal()?.headers, { "retry-after": "Tue, 01 Jan 2030 00:00:10 GMT" });
    assert.ok(!Number.isNaN(Date.parse((await limited("date")).retryAfter ?? "")));
  });

  it("does not say when to come back", async () => {
    assert.equal((await limited("absent")).retryAfter, null);
  });

  it("does not carry out what it refuses", async () => {
    await limited("seconds");
    const api = await apiOf(sandbox());
    await api("POST", "/tenants", { name: "limited" });
    assert.deepEqual(sandbox().control.tenants(), []);
  });

  it("does not limit token requests", async () => {
    await limited("seconds");
    const replies = await Promise.all(Array.from({ length: 5 }, () => requestToken(sandbox())));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  });

  it("counts what it refuses", async () => {
    await accessToken(sandbox());
    sandbox().control.resetRequests();
    await limited("absent");
    assert.equal(sandbox().control.requests().getTenants, 2);
  });
});

describe("sandbox: token bucket", () => {
  const limit = { perSecond: 10, burst: 15, retryAfter: "seconds" as const };

  function served(limiter: RateLimiter, requests: number): number {
    return Array.from({ length: requests }, () => limiter.refusal()).filter(
      (refusal) => refusal === undefined,
    ).length;
  }

  it("serves the burst at once", () => {
    assert.equal(served(new RateLimiter(limit, () => 0), 100), 15);
  });

  it("serves the rate after the burst", () => {
    let now = 0;
    const limiter = new RateLimiter(limit, () => now);
    served(limiter, 100);
    now = 1_000;
    assert.equal(served(limiter, 100), 10);
  });

  it("never holds more than the burst", () => {
    let now = 0;
    const limiter = new RateLimiter(limit, () => now);
    now = 60_000;
    assert.equal(served(limiter, 100), 15);
  });
});
