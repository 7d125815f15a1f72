import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";

import { startTenantManagement } from "../../../sandbox/api";
import { type Api, apiOf, makeTenant, send, useSandbox } from "./client";

describe("sandbox: robustness", () => {
  const sandbox = useSandbox({ quota: 1000 });
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  for (const path of ["", "/", "/tenants/", "/nothing", "/tenants/a/applications/b/c"]) {
    it(`answers 404 to ${path || "the API's root"}`, async () => {
      assert.equal((await api("GET", path)).status, 404);
    });
  }

  it("answers 404 outside of the API", async () => {
    assert.equal((await send(new URL("/elsewhere", sandbox().apiUrl).href, {})).status, 404);
  });

  it("answers 405 to a method the path does not have", async () => {
    const { status, headers } = await api("PUT", "/tenants", {});
    assert.deepEqual([status, headers.get("allow")], [405, "GET, POST"]);
  });

  it("counts what it does not know", async () => {
    sandbox().control.resetRequests();
    await api("GET", "/nothing");
    assert.equal(sandbox().control.requests().unknown, 1);
  });

  it("answers HEAD as GET without a body", async () => {
    const { status, text } = await api("HEAD", `/tenants/${await makeTenant(api)}`);
    assert.deepEqual({ status, text }, { status: 200, text: "" });
  });

  it("deletes with a JSON content type and no body", async () => {
    const path = `/tenants/${await makeTenant(api)}`;
    const { status } = await api("DELETE", path, undefined, { "content-type": "application/json" });
    assert.equal(status, 204);
  });

  it("serves 100 requests at once", async () => {
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => api("POST", "/tenants", { name: `crowd${index}` })),
    );
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([201]));
  });

  it("survives a client that disconnects", async () => {
    sandbox().control.configure({ latencyMs: 50 });
    const { hostname, port } = new URL(sandbox().apiUrl);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write("POST /v0/tenants HTTP/1.1\r\nhost: sandbox\r\ncontent-length: 100\r\n\r\n{");
    // Answered after what came before it has been read.
    await api("GET", "/tenants");
    socket.resetAndDestroy();
    assert.equal((await api("GET", "/tenants")).status, 200);
    sandbox().control.configure({ latencyMs: 0 });
  });

  it("survives a client that does not wait for the answer", async () => {
    const gate = new EventEmitter();
    const slow = await startTenantManagement({}, async () => {
      const answered = once(gate, "answered");
      gate.emit("asked");
      await answered;
    });
    slow.control.addFault({ operation: "*", kind: "latency", latencyMs: 1 });
    const asked = once(gate, "asked");
    const leaving = new AbortController();
    const left = assert.rejects(send(`${slow.apiUrl}/tenants`, { signal: leaving.signal }));
    await asked;
    leaving.abort();
    await left;
    gate.emit("answered");
    assert.equal((await (await apiOf(slow))("GET", "/tenants")).status, 200);
    await slow.close();
  });

  it("closes while a request hangs", async () => {
    const other = await startTenantManagement();
    other.control.addFault({ operation: "*", kind: "hang" });
    const hanging = send(`${other.apiUrl}/tenants`, {});
    while (other.control.requestLog().length === 0) await setImmediate();
    await Promise.all([assert.rejects(hanging), other.close()]);
  });

  it("refuses an option it does not know", async () => {
    await assert.rejects(startTenantManagement({ quotas: 1 } as never), /quotas/);
  });
});
