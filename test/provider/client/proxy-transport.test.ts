import { strict as assert } from "node:assert";

import { readProxies } from "../../../provider/src/client/proxies";
import { createTransport, type HttpAnswer } from "../../../provider/src/client/transport";
import { failureOf } from "../../support/failure";
import { type ForwardProxy, startForwardProxy } from "../../support/forward-proxy";
import { closedPort, useServer } from "../../support/http-server";
import { mentions } from "../../support/mentions";

const url = new URL("http://api.tenants.example.test/v0/tenants?limit=1");
const target = "api.tenants.example.test:80";

describe("client: a request by a proxy", () => {
  const server = useServer();
  let proxy: ForwardProxy | undefined;
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  async function sendBy(environment: Record<string, string>): Promise<HttpAnswer> {
    const transport = createTransport({ connectTimeoutMs: 2_000 }, readProxies(environment));
    try {
      return await transport.send({ method: "GET", url, headers: {} });
    } finally {
      await transport.close();
    }
  }

  it("reaches a host that only the proxy knows, with the user of its URL", async () => {
    server.answerWith((_request, response) => response.end("here"));
    const hosts = { [target]: Number(server.url().port) };
    proxy = await startForwardProxy({ hosts, user: "me:pa%40ss%3Aword" });
    assert.equal((await sendBy({ HTTP_PROXY: proxy.url })).body, "here");
    assert.deepEqual(proxy.asked, [target]);
    assert.equal(server.requests[0]?.url, "/v0/tenants?limit=1");
    assert.equal(server.requests[0].headers["proxy-authorization"], undefined);
  });

  it("bypasses the proxy for hosts in NO_PROXY", async () => {
    proxy = await startForwardProxy({});
    const { code, message } = await failureOf(sendBy({ HTTP_PROXY: proxy.url, NO_PROXY: ".example.test" }));
    assert.deepEqual([code, proxy.asked], ["NOT_SENT", []]);
    assert.ok(!message.includes("proxy"), message);
  });

  const refusals: Record<string, { refuses: number; isPermanent: boolean; says: string[] }> = {
    "wants another user": { refuses: 407, isPermanent: true, says: ["(407)", "user", "password"] },
    "forbids the host": { refuses: 403, isPermanent: true, says: ["(403)", "NO_PROXY"] },
    "cannot reach the host": { refuses: 502, isPermanent: false, says: ["(502)", "NO_PROXY"] },
    "is overloaded": { refuses: 503, isPermanent: false, says: ["(503)"] },
  };
  for (const [what, { refuses, isPermanent, says }] of Object.entries(refusals)) {
    it(`certainly sent nothing if the proxy ${what}, and says so without the password`, async () => {
      proxy = await startForwardProxy({ refuses, user: "me:hush" });
      const error = await failureOf(sendBy({ HTTP_PROXY: proxy.url }));
      assert.deepEqual([error.code, error.isPermanent], ["NOT_SENT", isPermanent]);
      mentions(error.message, ...says);
      assert.ok(error.message.includes(`http://127.0.0.1:${proxy.port} (HTTP_PROXY)`), error.message);
      assert.ok(!/hush|aHVzaA|bWU6/.test(`${error.message} ${error.stack ?? ""} ${String(error.cause)}`));
    });
  }

  it("names the proxy if it cannot be reached", async () => {
    const port = await closedPort();
    const { code, message } = await failureOf(sendBy({ HTTP_PROXY: `http://me:hush@127.0.0.1:${port}` }));
    assert.equal(code, "NOT_SENT");
    mentions(message, `http://127.0.0.1:${port} (HTTP_PROXY)`, "ECONNREFUSED");
  });
});
