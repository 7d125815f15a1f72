import assert from "node:assert/strict";

import {
  type Api,
  apiOf,
  applicationBody,
  bothDocumentsScopes,
  ecPair,
  makeApplication,
  makeTenant,
  rsaPair,
  useSandbox,
} from "./client";

describe("sandbox: tenant applications", () => {
  const sandbox = useSandbox({ quota: 100 });
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  it("answers 201 with the application's location", async () => {
    const { reply, path } = await makeApplication(api);
    assert.deepEqual([reply.status, reply.headers.get("location")], [201, `/v0${path}`]);
  });

  it("gives a client secret in the answer that creates the application", async () => {
    const { application } = await makeApplication(api);
    assert.match(application.credentials?.["client_secret"] ?? "", /^.{64}$/);
  });

  it("gives alg and kid alone as the credentials of an RSA application", async () => {
    const { application } = await makeApplication(api, rsaPair(3072, "mine").authMethod);
    assert.deepEqual(application.credentials, { type: "RSA", alg: "RS256", kid: "mine" });
  });

  it("gives alg and kid alone as the credentials of an EC application", async () => {
    const { application } = await makeApplication(api, ecPair("mine").authMethod);
    assert.deepEqual(application.credentials, { type: "EC", alg: "ES256", kid: "mine" });
  });

  it("fetches an application without its credentials", async () => {
    const { path, reply } = await makeApplication(api);
    const created = { ...(reply.json as Record<string, unknown>) };
    delete created["credentials"];
    assert.deepEqual((await api("GET", path)).json, created);
  });

  it("lists applications without their credentials", async () => {
    const { tenantId, path } = await makeApplication(api);
    const { json: fetched } = await api("GET", path);
    assert.deepEqual((await api("GET", `/tenants/${tenantId}/applications`)).json, { items: [fetched] });
  });

  it("lists more applications than a page of tenants holds", async () => {
    const path = `/tenants/${await makeTenant(api)}/applications`;
    for (let count = 0; count < 25; count += 1) {
      await api("POST", path, applicationBody({ type: "CLIENT_SECRET" }));
    }
    assert.equal(((await api("GET", path)).json as { items: unknown[] }).items.length, 25);
  });

  it("gives scopes in the vendor's order", async () => {
    const { application } = await makeApplication(api, undefined, bothDocumentsScopes.toReversed());
    assert.deepEqual(application.scopes, bothDocumentsScopes);
  });

  it("leaves the link to the token URL out if asked to", async () => {
    sandbox().control.configure({ tokenUrlLink: false });
    const { application } = await makeApplication(api);
    sandbox().control.configure({ tokenUrlLink: true });
    assert.equal(application._links, undefined);
  });

  it("links the token URL of its authorization server", async () => {
    const { application } = await makeApplication(api);
    assert.equal(application._links?.token_url, `${application.auth_server}/v1/token`);
  });

  it("refuses a cell that the testing stage does not have", async () => {
    const path = `/tenants/${await makeTenant(api)}/applications`;
    const { status } = await api(
      "POST",
      path,
      applicationBody({ type: "CLIENT_SECRET" }).replace("eu-1", "us-1"),
    );
    assert.equal(status, 400);
  });

  it("answers 404 to an application of an unknown tenant", async () => {
    const { status } = await api(
      "POST",
      "/tenants/unknown/applications",
      applicationBody({ type: "CLIENT_SECRET" }),
    );
    assert.equal(status, 404);
  });

  it("answers 404 to an application of another tenant", async () => {
    const { application } = await makeApplication(api);
    const { status } = await api("GET", `/tenants/${await makeTenant(api)}/applications/${application.id}`);
    assert.equal(status, 404);
  });

  it("answers 404 to the second delete of an application", async () => {
    const { path } = await makeApplication(api);
    const statuses = [(await api("DELETE", path)).status, (await api("DELETE", path)).status];
    assert.deepEqual(statuses, [204, 404]);
  });
});
