import assert from "node:assert/strict";

import { accessToken, allScopes, apiOf, applicationBody, makeApplication, send, useSandbox } from "./client";

const calls = [
  { method: "GET", path: "/tenants", scope: "tenants.read" },
  { method: "POST", path: "/tenants", scope: "tenants.write", body: '{"name": "acme"}' },
  { method: "GET", path: "/tenants/t", scope: "tenants.read" },
  { method: "DELETE", path: "/tenants/t", scope: "tenants.write" },
  { method: "GET", path: "/tenants/t/applications", scope: "tenants.applications.read" },
  {
    method: "POST",
    path: "/tenants/t/applications",
    scope: "tenants.applications.write",
    body: applicationBody({ type: "CLIENT_SECRET" }),
  },
  { method: "GET", path: "/tenants/t/applications/a", scope: "tenants.applications.read" },
  { method: "DELETE", path: "/tenants/t/applications/a", scope: "tenants.applications.write" },
];

describe("sandbox: authorization of the API", () => {
  const sandbox = useSandbox();

  for (const { method, path, scope, body } of calls) {
    const init = {
      method,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
    };

    it(`answers 401 to ${method} ${path} without a token`, async () => {
      assert.equal((await send(sandbox().apiUrl + path, init)).status, 401);
    });

    it(`answers 403 to ${method} ${path} with every scope but ${scope}`, async () => {
      const others = allScopes.split(" ").filter((other) => other !== scope);
      const api = await apiOf(sandbox(), others.join(" "));
      assert.equal((await api(method, path, body)).status, 403);
    });

    it(`lets ${method} ${path} pass with ${scope} alone`, async () => {
      const api = await apiOf(sandbox(), scope);
      const { status } = await api(method, path, body);
      assert.ok([200, 201, 404].includes(status), `answered ${status}`);
    });
  }

  it("answers 401 to a token it did not issue", async () => {
    const headers = { authorization: "Bearer made-up" };
    assert.equal((await send(`${sandbox().apiUrl}/tenants`, { headers })).status, 401);
  });

  it("answers 401 to a valid token that is not sent as a bearer token", async () => {
    const headers = { authorization: `Basic ${await accessToken(sandbox())}` };
    assert.equal((await send(`${sandbox().apiUrl}/tenants`, { headers })).status, 401);
  });

  it("answers 401 to a token of a tenant application", async () => {
    const { application } = await makeApplication(await apiOf(sandbox()));
    const { json } = await send(application._links?.token_url ?? "", {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        scope: "documents.submissions.read",
        client_id: application.client_id,
        client_secret: application.credentials?.["client_secret"] ?? "",
      }),
    });
    const headers = { authorization: `Bearer ${(json as { access_token: string }).access_token}` };
    assert.equal((await send(`${sandbox().apiUrl}/tenants`, { headers })).status, 401);
  });

  it("answers 401 to tokens that were revoked", async () => {
    const api = await apiOf(sandbox());
    sandbox().control.revokeTokens();
    assert.equal((await api("GET", "/tenants")).status, 401);
  });

  it("answers 401 to a token that has expired", async () => {
    sandbox().control.configure({ accessTokenTtlS: 0 });
    const api = await apiOf(sandbox());
    sandbox().control.configure({ accessTokenTtlS: 3600 });
    assert.equal((await api("GET", "/tenants")).status, 401);
  });
});
