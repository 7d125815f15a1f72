import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";

import {
  type Api,
  apiOf,
  type ApplicationResponse,
  type AssertionChange,
  bothDocumentsScopes,
  ecPair,
  makeApplication,
  type Reply,
  rsaPair,
  send,
  signAssertion,
  tokenForm,
  useSandbox,
} from "./client";

const scope = bothDocumentsScopes.join(" ");

describe("sandbox: the token endpoint of tenant applications", () => {
  const sandbox = useSandbox({ quota: 100 });
  const rsa = rsaPair(3072);
  const ec = ecPair();
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  function post(
    { client_id, credentials, _links }: ApplicationResponse,
    change: Record<string, string> = {},
  ): Promise<Reply> {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      scope,
      client_id,
      client_secret: credentials?.["client_secret"] ?? "",
      ...change,
    });
    return send(_links?.token_url ?? "", { method: "POST", body });
  }

  function basic({ client_id, _links }: ApplicationResponse, secret: string): Promise<Reply> {
    const pair = `${encodeURIComponent(client_id)}:${encodeURIComponent(secret)}`;
    return send(_links?.token_url ?? "", {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope }),
    });
  }

  async function assertion(
    { client_id, _links }: ApplicationResponse,
    privateKeyPem: string,
    change: AssertionChange = {},
  ): Promise<Reply> {
    const tokenUrl = _links?.token_url ?? "";
    const signed = await signAssertion(tokenUrl, client_id, privateKeyPem, change);
    return send(tokenUrl, { method: "POST", body: tokenForm(signed, { scope }) });
  }

  it("issues a token for client_secret_post", async () => {
    const { application } = await makeApplication(api);
    assert.equal((await post(application)).status, 200);
  });

  it("issues a token for client_secret_basic", async () => {
    const { application } = await makeApplication(api);
    assert.equal((await basic(application, application.credentials?.["client_secret"] ?? "")).status, 200);
  });

  it("issues a token for private_key_jwt RS256", async () => {
    const { application } = await makeApplication(api, rsa.authMethod);
    assert.equal((await assertion(application, rsa.privateKeyPem, { kid: "rsa-key" })).status, 200);
  });

  it("issues a token for private_key_jwt ES256", async () => {
    const { application } = await makeApplication(api, ec.authMethod);
    assert.equal(
      (await assertion(application, ec.privateKeyPem, { alg: "ES256", kid: "ec-key" })).status,
      200,
    );
  });

  it("issues a token that carries exactly the scopes asked for", async () => {
    const { application } = await makeApplication(api);
    const { json } = await post(application, { scope: "documents.submissions.write" });
    assert.equal((json as { scope: string }).scope, "documents.submissions.write");
  });

  it("refuses a scope the application does not have", async () => {
    const { application } = await makeApplication(api, undefined, ["documents.submissions.read"]);
    const { json } = await post(application, { scope: "documents.submissions.write" });
    assert.equal((json as { error: string }).error, "invalid_scope");
  });

  it("refuses a wrong secret in the form", async () => {
    const { application } = await makeApplication(api);
    assert.equal((await post(application, { client_secret: "wrong" })).status, 401);
  });

  it("refuses a wrong secret in the Authorization header", async () => {
    const { application } = await makeApplication(api);
    assert.equal((await basic(application, "wrong")).status, 401);
  });

  it("refuses another application's secret", async () => {
    const [first, second] = [await makeApplication(api), await makeApplication(api)];
    const secret = second.application.credentials?.["client_secret"] ?? "";
    assert.equal((await post(first.application, { client_secret: secret })).status, 401);
  });

  it("refuses an unknown client", async () => {
    const { application } = await makeApplication(api);
    assert.equal((await post(application, { client_id: "0oaUnknown" })).status, 401);
  });

  it("refuses the organization's client", async () => {
    const { application } = await makeApplication(api);
    const { clientId, privateKeyPem } = sandbox();
    assert.equal((await assertion({ ...application, client_id: clientId }, privateKeyPem)).status, 401);
  });

  it("refuses an assertion signed by another key", async () => {
    const { application } = await makeApplication(api, rsa.authMethod);
    assert.equal((await assertion(application, rsaPair(3072).privateKeyPem)).status, 401);
  });

  it("refuses an assertion that names another key", async () => {
    const { application } = await makeApplication(api, rsa.authMethod);
    assert.equal((await assertion(application, rsa.privateKeyPem, { kid: "other" })).status, 401);
  });

  it("refuses an assertion for another server", async () => {
    const { application } = await makeApplication(api, rsa.authMethod);
    const claims = { aud: sandbox().tokenUrl };
    assert.equal((await assertion(application, rsa.privateKeyPem, { claims })).status, 401);
  });

  it("refuses a replayed assertion", async () => {
    const { application } = await makeApplication(api, rsa.authMethod);
    const claims = { jti: "the-same" };
    await assertion(application, rsa.privateKeyPem, { claims });
    assert.equal((await assertion(application, rsa.privateKeyPem, { claims })).status, 401);
  });

  it("refuses an application with a key that sends a secret", async () => {
    const { application } = await makeApplication(api, rsa.authMethod);
    assert.equal((await post(application, { client_secret: "rsa-key" })).status, 401);
  });

  it("refuses an application with a secret that sends an assertion", async () => {
    const { application } = await makeApplication(api);
    const key = createPrivateKey(rsa.privateKeyPem);
    assert.equal((await assertion(application, rsa.privateKeyPem, { key })).status, 401);
  });

  it("refuses two ways to authenticate at once", async () => {
    const { application } = await makeApplication(api);
    const secret = application.credentials?.["client_secret"] ?? "";
    const { status } = await send(application._links?.token_url ?? "", {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${application.client_id}:${secret}`).toString("base64")}`,
      },
      body: new URLSearchParams({ grant_type: "client_credentials", scope, client_secret: secret }),
    });
    assert.equal(status, 400);
  });

  it("refuses a deleted application", async () => {
    const { application, path } = await makeApplication(api);
    await api("DELETE", path);
    assert.equal((await post(application)).status, 401);
  });

  it("refuses an application whose tenant was deleted behind the API's back", async () => {
    const { application, tenantId } = await makeApplication(api);
    sandbox().control.deleteTenant(tenantId);
    assert.equal((await post(application)).status, 401);
  });

  it("is counted apart from the organization's", async () => {
    const { application } = await makeApplication(api);
    sandbox().control.resetRequests();
    await post(application);
    const { token, applicationToken } = sandbox().control.requests();
    assert.deepEqual({ token, applicationToken }, { token: 0, applicationToken: 1 });
  });
});

describe("sandbox: the token endpoints of several cells", () => {
  const sandbox = useSandbox({ stage: "production" });

  it("know only the applications of their own cell", async () => {
    const { application } = await makeApplication(await apiOf(sandbox()));
    const { status } = await send((application._links?.token_url ?? "").replace("eu-1", "us-1"), {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        scope,
        client_id: application.client_id,
        client_secret: application.credentials?.["client_secret"] ?? "",
      }),
    });
    assert.equal(status, 401);
  });
});
