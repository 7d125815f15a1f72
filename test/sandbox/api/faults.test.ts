import assert from "node:assert/strict";

import type { FaultInput } from "../../../sandbox/api";
import { accessToken, type Api, apiOf, requestToken, send, useSandbox } from "./client";

const isReset = ({ cause }: Error): boolean => (cause as { code: string }).code === "ECONNRESET";

/** A sleep that only notes how long it was to be, in milliseconds. */
function recordIn(waits: number[]): (delayMs: number) => Promise<void> {
  return (delayMs) => {
    waits.push(delayMs);
    return Promise.resolve();
  };
}

describe("sandbox: faults", () => {
  const waits: number[] = [];
  const sandbox = useSandbox({ quota: 100 }, recordIn(waits));
  let api: Api;
  let name = "";
  let made = 0;

  before(async () => {
    api = await apiOf(sandbox());
  });

  beforeEach(() => {
    made += 1;
    name = `faulty${made}`;
  });

  afterEach(() => {
    sandbox().control.clearFaults();
  });

  const exists = (): boolean =>
    sandbox()
      .control.tenants()
      .some((tenant) => tenant.name === name);

  const createWith = (fault: Omit<FaultInput, "operation">): ReturnType<Api> => {
    sandbox().control.addFault({ operation: "createTenant", ...fault });
    return api("POST", "/tenants", { name });
  };

  describe("status", () => {
    it("answers with the status, the headers and the body", async () => {
      const { status, headers, text } = await createWith({
        kind: "status",
        status: 502,
        headers: { "retry-after": "7" },
        body: "bad gateway",
      });
      assert.deepEqual([status, headers.get("retry-after"), text], [502, "7", "bad gateway"]);
    });

    it("is 503 with the contract's message by default", async () => {
      const { status, json } = await createWith({ kind: "status" });
      assert.deepEqual([status, Object.keys(json as object)], [503, ["message"]]);
    });

    it("does nothing", async () => {
      await createWith({ kind: "status" });
      assert.equal(exists(), false);
    });

    it("carries the operation out first if configured", async () => {
      await createWith({ kind: "status", carriedOut: true });
      assert.equal(exists(), true);
    });
  });

  describe("latency", () => {
    it("waits, then continues as usual", async () => {
      waits.length = 0;
      const { status } = await createWith({ kind: "latency", latencyMs: 200 });
      assert.deepEqual([status, waits], [201, [200]]);
    });

    it("needs a latency", () => {
      assert.throws(() => {
        sandbox().control.addFault({ operation: "*", kind: "latency" });
      }, /latencyMs/);
    });
  });

  describe("reset-before", () => {
    it("resets the connection", async () => {
      await assert.rejects(createWith({ kind: "reset-before" }), isReset);
    });

    it("does nothing", async () => {
      await createWith({ kind: "reset-before" }).catch(() => undefined);
      assert.equal(exists(), false);
    });
  });

  describe("reset-after", () => {
    it("resets the connection", async () => {
      await assert.rejects(createWith({ kind: "reset-after" }), isReset);
    });

    it("carries the operation out", async () => {
      await createWith({ kind: "reset-after" }).catch(() => undefined);
      assert.equal(exists(), true);
    });

    it("leaves no status in the log", async () => {
      await createWith({ kind: "reset-after" }).catch(() => undefined);
      assert.equal(sandbox().control.requestLog().at(-1)?.status, undefined);
    });
  });

  describe("hang", () => {
    async function hung(fault: Omit<FaultInput, "operation">): Promise<void> {
      sandbox().control.addFault({ operation: "createTenant", ...fault });
      await send(`${sandbox().apiUrl}/tenants`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${await accessToken(sandbox())}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ name }),
        signal: AbortSignal.timeout(200),
      });
    }

    it("never answers", async () => {
      await assert.rejects(hung({ kind: "hang" }), { name: "TimeoutError" });
    });

    it("does nothing", async () => {
      await hung({ kind: "hang" }).catch(() => undefined);
      assert.equal(exists(), false);
    });

    it("carries the operation out first if configured", async () => {
      await hung({ kind: "hang", carriedOut: true }).catch(() => undefined);
      assert.equal(exists(), true);
    });
  });

  describe("half-body", () => {
    it("ends the connection in the middle of the body", async () => {
      await assert.rejects(createWith({ kind: "half-body" }), { message: "terminated" });
    });

    it("carries the operation out", async () => {
      await createWith({ kind: "half-body" }).catch(() => undefined);
      assert.equal(exists(), true);
    });
  });

  describe("garbage-body", () => {
    it("answers with the right status and no JSON", async () => {
      const { status, json } = await createWith({ kind: "garbage-body" });
      assert.deepEqual([status, json], [201, undefined]);
    });

    it("carries the operation out", async () => {
      await createWith({ kind: "garbage-body" });
      assert.equal(exists(), true);
    });
  });

  it("happen to the nth request, and to so many", async () => {
    sandbox().control.addFault({ operation: "getTenants", kind: "status", nth: 2, times: 2 });
    const statuses = [];
    for (let count = 0; count < 5; count += 1) {
      statuses.push((await api("GET", "/tenants")).status);
    }
    assert.deepEqual(statuses, [200, 503, 503, 200, 200]);
  });

  it("happen to no other operation", async () => {
    sandbox().control.addFault({ operation: "createTenant", kind: "status" });
    assert.equal((await api("GET", "/tenants")).status, 200);
  });

  it("happen to any operation if it is *", async () => {
    sandbox().control.addFault({ operation: "*", kind: "status" });
    assert.equal((await api("GET", "/tenants")).status, 503);
  });

  it("happen to the token endpoint", async () => {
    sandbox().control.addFault({ operation: "token", kind: "status", status: 500 });
    assert.equal((await requestToken(sandbox())).status, 500);
  });

  it("end when they are cleared", async () => {
    sandbox().control.addFault({ operation: "*", kind: "status", times: Infinity });
    sandbox().control.clearFaults();
    assert.equal((await api("GET", "/tenants")).status, 200);
  });
});

describe("sandbox: latency", () => {
  const waits: number[] = [];
  const sandbox = useSandbox({ latencyMs: 100 }, recordIn(waits));

  it("slows the API and the token endpoint", async () => {
    const api = await apiOf(sandbox());
    await api("GET", "/tenants");
    assert.deepEqual(waits, [100, 100]);
  });

  it("is added to that of a fault", async () => {
    const api = await apiOf(sandbox());
    waits.length = 0;
    sandbox().control.addFault({ operation: "getTenants", kind: "latency", latencyMs: 30 });
    await api("GET", "/tenants");
    assert.deepEqual(waits, [130]);
  });
});
