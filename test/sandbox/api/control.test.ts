import assert from "node:assert/strict";

import {
  type Api,
  apiOf,
  ecPair,
  makeApplication,
  makeTenant,
  publicPemOf,
  requestToken,
  rsaPair,
  send,
  useSandbox,
} from "./client";

describe("sandbox: control endpoint", () => {
  const sandbox = useSandbox({ quota: 100 });
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  function control(method: string, path: string, body?: unknown): ReturnType<Api> {
    return send(`${sandbox().controlUrl}/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  }

  it("counts requests by operation", async () => {
    await control("DELETE", "requests");
    await api("GET", "/tenants");
    await api("GET", "/tenants");
    const { json } = await control("GET", "requests");
    const { counts } = json as { counts: Record<string, number> };
    assert.deepEqual([counts["getTenants"], counts["createTenant"]], [2, 0]);
  });

  it("does not count itself", async () => {
    await control("DELETE", "requests");
    await control("GET", "no-such-thing");
    const { json } = await control("GET", "requests");
    assert.deepEqual((json as { log: unknown[] }).log, []);
  });

  it("logs what was sent", async () => {
    await control("DELETE", "requests");
    await api("POST", "/tenants", { name: "logged" });
    const [{ at, ...record } = {}] = (
      (await control("GET", "requests")).json as { log: Record<string, unknown>[] }
    ).log;
    assert.deepEqual(
      [typeof at, record],
      [
        "string",
        {
          operation: "createTenant",
          method: "POST",
          path: "/v0/tenants",
          status: 201,
          tenant: "logged",
          body: { name: "logged" },
        },
      ],
    );
  });

  it("adds a fault", async () => {
    await control("POST", "faults", { operation: "getTenants", kind: "status", status: 500 });
    assert.equal((await api("GET", "/tenants")).status, 500);
  });

  it("clears faults", async () => {
    await control("POST", "faults", { operation: "getTenants", kind: "status" });
    await control("DELETE", "faults");
    assert.equal((await api("GET", "/tenants")).status, 200);
  });

  it("refuses a fault of no kind", async () => {
    const { status, json } = await control("POST", "faults", { operation: "getTenants", kind: "none" });
    assert.deepEqual([status, /^kind /.test((json as { message: string }).message)], [400, true]);
  });

  it("changes settings", async () => {
    await control("POST", "configure", { quota: 0 });
    const { status } = await api("POST", "/tenants", { name: "noquota" });
    await control("POST", "configure", { quota: 100 });
    assert.equal(status, 403);
  });

  it("refuses an unknown setting", async () => {
    assert.equal((await control("POST", "configure", { quotas: 1 })).status, 400);
  });

  it("deletes a tenant with its applications", async () => {
    const { tenantId } = await makeApplication(api);
    await control("DELETE", `tenants/${tenantId}`);
    assert.equal((await api("GET", `/tenants/${tenantId}`)).status, 404);
  });

  it("deletes an application", async () => {
    const { application, path } = await makeApplication(api);
    await control("DELETE", `applications/${application.id}`);
    assert.equal((await api("GET", path)).status, 404);
  });

  it("changes a tenant's cells, in any stage", async () => {
    const tenantId = await makeTenant(api);
    await control("PUT", `tenants/${tenantId}/cells`, { cells: ["us-1", "eu-1"] });
    const { json } = await api("GET", `/tenants/${tenantId}`);
    assert.deepEqual((json as { cells: string[] }).cells, ["eu-1", "us-1"]);
  });

  it("answers 404 to an unknown tenant", async () => {
    assert.equal((await control("DELETE", "tenants/unknown")).status, 404);
  });

  it("registers a key of the organization", async () => {
    const { privateKeyPem } = rsaPair(2048);
    const body = { publicKeyPem: publicPemOf(privateKeyPem), keyId: "added" };
    const { status } = await control("POST", "organization-keys", body);
    await control("DELETE", "organization-keys/added");
    assert.equal(status, 204);
  });

  it("refuses a key that is not RSA", async () => {
    const body = { publicKeyPem: publicPemOf(ecPair().privateKeyPem), keyId: "added" };
    assert.equal((await control("POST", "organization-keys", body)).status, 400);
  });

  it("revokes tokens", async () => {
    await control("POST", "revoke-tokens");
    const { status } = await api("GET", "/tenants");
    api = await apiOf(sandbox());
    assert.equal(status, 401);
  });

  it("lists what exists", async () => {
    const { tenantId, application } = await makeApplication(api);
    const { json } = await control("GET", "tenants");
    const tenant = (json as { tenantId: string; applications: unknown[] }[]).find(
      (each) => each.tenantId === tenantId,
    );
    assert.deepEqual(tenant?.applications, [
      {
        applicationId: application.id,
        clientId: application.client_id,
        cell: "eu-1",
        scopes: application.scopes,
        authMethod: { type: "CLIENT_SECRET" },
      },
    ]);
  });

  it("puts back, in process, a tenant that it listed", async () => {
    const { tenantId, path } = await makeApplication(api, ecPair().authMethod);
    const record = sandbox()
      .control.tenants()
      .find((tenant) => tenant.tenantId === tenantId);
    assert.ok(record);
    sandbox().control.deleteTenant(tenantId);
    sandbox().control.restoreTenant(record);
    assert.deepEqual(sandbox().control.tenants().at(-1), record);
    assert.equal((await api("GET", path)).status, 200);
  });

  it("never reveals a credential", async () => {
    const { application } = await makeApplication(api);
    await requestToken(sandbox());
    await send(
      `${application._links?.token_url ?? ""}?client_secret=${application.credentials?.["client_secret"] ?? ""}`,
      {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: application.client_id,
          client_secret: application.credentials?.["client_secret"] ?? "",
        }),
      },
    );
    await api("POST", "/tenants", { name: "x", secret: application.credentials?.["client_secret"] });
    const shown = (await control("GET", "requests")).text + (await control("GET", "tenants")).text;
    const secrets = sandbox().control.issuedSecrets();
    assert.ok(secrets.length > 3 && secrets.every((secret) => !shown.includes(secret)));
  });

  it("knows, in process, every secret that was issued or seen", async () => {
    const { application } = await makeApplication(api);
    const { json } = await requestToken(sandbox());
    const secrets = sandbox().control.issuedSecrets();
    assert.ok(
      secrets.includes(application.credentials?.["client_secret"] ?? "") &&
        secrets.includes((json as { access_token: string }).access_token) &&
        secrets.some((secret) => secret.startsWith("ey")),
    );
  });
});
