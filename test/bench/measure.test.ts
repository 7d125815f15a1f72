import { strict as assert } from "node:assert";

import { kindOfCommand } from "../../bench/measure/process-tree";
import { apiRequests, requestUse } from "../../bench/measure/requests";
import { stateUse } from "../../bench/measure/state";
import { allowedSeconds } from "../../bench/work/case";
import type { RequestRecord } from "../../sandbox/api";

describe("what the benchmark measures", () => {
  it("counts requests by kind; the limit does not count those for tokens", () => {
    const request = (operation: RequestRecord["operation"], second: number, status = 200): RequestRecord => ({
      operation,
      method: "GET",
      path: "/",
      status,
      at: new Date(second * 1000).toISOString(),
    });
    const use = requestUse([
      request("token", 0),
      request("createTenant", 2, 429),
      request("createTenant", 3, 201),
      request("createTenantApplication", 5, 201),
    ]);
    assert.deepEqual(use.byKind, { token: 1, createTenant: 2, createTenantApplication: 1 });
    assert.deepEqual([use.refused, use.spanS, apiRequests(use)], [1, 3, 3]);
    assert.deepEqual(requestUse([]), { byKind: {}, refused: 0, spanS: 0 });
  });

  it("knows what the limit allows: the burst is free", () => {
    assert.equal(allowedSeconds(10), 0);
    assert.equal(allowedSeconds(215), 20);
  });

  it("finds in a state the provider's code, and secrets in plain text, in texts of JSON too", () => {
    const secret = "s3cr3t-of_the-client";
    const text = JSON.stringify({
      resources: [
        { inputs: { __provider: "abc" }, outputs: { __provider: "abc", clientSecret: secret } },
        { outputs: { response: JSON.stringify({ client_secret: secret }), other: `${secret}2` } },
      ],
    });
    const { compressedBytes, ...use } = stateUse(text, [secret, "never-there"]);
    assert.deepEqual(use, { bytes: text.length, providerBytes: 10, plainSecrets: 2 });
    assert.ok(compressedBytes > 0 && compressedBytes < use.bytes, String(compressedBytes));
  });

  it("distinguishes processes by what they run", () => {
    const sdk = "/x/node_modules/@pulumi/pulumi/cmd";
    assert.equal(kindOfCommand(["/cache/bin/pulumi", "up", "--yes"]), "engine");
    assert.equal(kindOfCommand(["node", "--no-warnings", `${sdk}/run/index.js`, "."]), "program");
    assert.equal(kindOfCommand(["node", `${sdk}/dynamic-provider/index.js`, "127.0.0.1:1"]), "provider");
    assert.equal(kindOfCommand(["/c/terraform-provider-restapi_v1.20.0"]), "provider");
    assert.equal(kindOfCommand(["pulumi-language-nodejs"]), "other");
  });
});
