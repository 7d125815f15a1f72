import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";

import {
  allScopes,
  publicPemOf,
  requestToken,
  rsaPair,
  send,
  signAssertion,
  tokenForm,
  useSandbox,
} from "./client";

const nowS = (): number => Math.floor(Date.now() / 1000);

describe("sandbox: the organization's token endpoint", () => {
  const sandbox = useSandbox();
  const other = rsaPair(2048);

  it("issues a token that carries exactly the scopes asked for", async () => {
    const { json } = await requestToken(sandbox(), { form: { scope: "tenants.read tenants.write" } });
    assert.equal((json as { scope: string }).scope, "tenants.read tenants.write");
  });

  it("answers as RFC 6749 says", async () => {
    const { status, json, headers } = await requestToken(sandbox());
    assert.deepEqual(
      [status, headers.get("cache-control"), Object.keys(json as object).sort()],
      [200, "no-store", ["access_token", "expires_in", "scope", "token_type"]],
    );
  });

  it("accepts an assertion that lives for exactly 60 minutes", async () => {
    const { status } = await requestToken(sandbox(), { claims: { iat: nowS(), exp: nowS() + 3600 } });
    assert.equal(status, 200);
  });

  it("accepts an assertion that names its key", async () => {
    const { status } = await requestToken(sandbox(), { kid: sandbox().keyId });
    assert.equal(status, 200);
  });

  it("refuses a replayed assertion", async () => {
    const { tokenUrl, clientId, privateKeyPem } = sandbox();
    const body = tokenForm(await signAssertion(tokenUrl, clientId, privateKeyPem)).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const statuses = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      statuses.push((await send(tokenUrl, { method: "POST", body, headers })).status);
    }
    assert.deepEqual(statuses, [200, 401]);
  });

  it("accepts one of many concurrent uses of an assertion", async () => {
    const { tokenUrl, clientId, privateKeyPem } = sandbox();
    const assertion = await signAssertion(tokenUrl, clientId, privateKeyPem);
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => send(tokenUrl, { method: "POST", body: tokenForm(assertion) })),
    );
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  });

  const refusedClaims: Record<string, () => Record<string, unknown>> = {
    "another aud": () => ({ aud: "https://example.com/token" }),
    "the issuer as aud": () => ({ aud: sandbox().tokenUrl.replace("/v1/token", "") }),
    "several aud": () => ({ aud: [sandbox().tokenUrl, "https://example.com/token"] }),
    "no aud": () => ({ aud: undefined }),
    "an exp in the past": () => ({ iat: nowS() - 120, exp: nowS() - 60 }),
    "an exp more than 60 minutes ahead": () => ({ exp: nowS() + 3700 }),
    "an exp more than 60 minutes after iat": () => ({ iat: nowS() - 3600, exp: nowS() + 60 }),
    "no exp": () => ({ exp: undefined }),
    "no iat": () => ({ iat: undefined }),
    "an iat in the future": () => ({ iat: nowS() + 60 }),
    "no jti": () => ({ jti: undefined }),
    "an empty jti": () => ({ jti: "" }),
    "another iss than sub": () => ({ iss: "0oaSomebodyElse" }),
    "no iss": () => ({ iss: undefined }),
    "another sub": () => ({ sub: "0oaSomebodyElse" }),
    "iss and sub of an unknown client": () => ({ iss: "0oaSomebodyElse", sub: "0oaSomebodyElse" }),
  };
  for (const [what, claims] of Object.entries(refusedClaims)) {
    it(`refuses an assertion with ${what}`, async () => {
      const { status, json } = await requestToken(sandbox(), { claims: claims() });
      assert.deepEqual([status, (json as { error: string }).error], [401, "invalid_client"]);
    });
  }

  it("refuses an assertion signed by another key", async () => {
    const { status } = await requestToken(sandbox(), { key: createPrivateKey(other.privateKeyPem) });
    assert.equal(status, 401);
  });

  it("refuses an assertion that names an unknown key", async () => {
    const { status } = await requestToken(sandbox(), { kid: "unknown" });
    assert.equal(status, 401);
  });

  it("refuses an algorithm other than RS256", async () => {
    const { status } = await requestToken(sandbox(), { alg: "PS256" });
    assert.equal(status, 401);
  });

  it("refuses an unsigned assertion", async () => {
    const { tokenUrl, clientId, privateKeyPem } = sandbox();
    const [, payload = ""] = (await signAssertion(tokenUrl, clientId, privateKeyPem)).split(".");
    const header = Buffer.from('{"alg":"none"}').toString("base64url");
    const { status } = await send(tokenUrl, { method: "POST", body: tokenForm(`${header}.${payload}.`) });
    assert.equal(status, 401);
  });

  const refusedForms: Record<string, { form: Record<string, string | undefined>; error: string }> = {
    "no scope": { form: { scope: undefined }, error: "invalid_scope" },
    "a scope the organization may not have": {
      form: { scope: `${allScopes} documents.submissions.read` },
      error: "invalid_scope",
    },
    "another grant": { form: { grant_type: "authorization_code" }, error: "unsupported_grant_type" },
    "no grant": { form: { grant_type: undefined }, error: "invalid_request" },
    "another assertion type": { form: { client_assertion_type: "jwt-bearer" }, error: "invalid_request" },
    "no assertion type": { form: { client_assertion_type: undefined }, error: "invalid_request" },
    "no assertion": { form: { client_assertion: undefined }, error: "invalid_request" },
    "a client secret beside the assertion": { form: { client_secret: "x" }, error: "invalid_request" },
    "a client_id that is not the assertion's": {
      form: { client_id: "0oaSomebodyElse" },
      error: "invalid_client",
    },
    "an assertion that is no JWT": { form: { client_assertion: "x" }, error: "invalid_client" },
  };
  for (const [what, { form, error }] of Object.entries(refusedForms)) {
    it(`refuses a request with ${what}`, async () => {
      const { json } = await requestToken(sandbox(), { form });
      assert.equal((json as { error: string }).error, error);
    });
  }

  it("refuses a parameter given twice", async () => {
    const { tokenUrl, clientId, privateKeyPem } = sandbox();
    const body = tokenForm(await signAssertion(tokenUrl, clientId, privateKeyPem));
    body.append("scope", "tenants.read");
    assert.equal((await send(tokenUrl, { method: "POST", body })).status, 400);
  });

  it("refuses a JSON body with 415", async () => {
    const { tokenUrl, clientId, privateKeyPem } = sandbox();
    const body = JSON.stringify(
      Object.fromEntries(tokenForm(await signAssertion(tokenUrl, clientId, privateKeyPem))),
    );
    const headers = { "content-type": "application/json" };
    assert.equal((await send(tokenUrl, { method: "POST", body, headers })).status, 415);
  });

  it("refuses parameters in the URL", async () => {
    const { tokenUrl, clientId, privateKeyPem } = sandbox();
    const form = tokenForm(await signAssertion(tokenUrl, clientId, privateKeyPem));
    assert.equal((await send(`${tokenUrl}?scope=x`, { method: "POST", body: form })).status, 400);
  });

  it("refuses GET", async () => {
    assert.equal((await send(sandbox().tokenUrl, { method: "GET" })).status, 405);
  });

  it("does not repeat the assertion in an error", async () => {
    const { tokenUrl, clientId, privateKeyPem } = sandbox();
    const assertion = await signAssertion(tokenUrl, clientId, privateKeyPem, { claims: { aud: "x" } });
    const { text } = await send(tokenUrl, { method: "POST", body: tokenForm(assertion) });
    assert.ok(!text.includes(assertion.slice(0, 40)));
  });
});

describe("sandbox: a change of the organization's key", () => {
  const sandbox = useSandbox();
  const next = rsaPair(2048);

  before(() => {
    sandbox().control.registerOrganizationKey(publicPemOf(next.privateKeyPem), "next");
  });

  it("accepts the new key", async () => {
    const { status } = await requestToken(sandbox(), {
      key: createPrivateKey(next.privateKeyPem),
      kid: "next",
    });
    assert.equal(status, 200);
  });

  it("still accepts the old key", async () => {
    assert.equal((await requestToken(sandbox(), { kid: sandbox().keyId })).status, 200);
  });

  it("refuses an assertion that does not say which of several keys signed it", async () => {
    assert.equal((await requestToken(sandbox())).status, 401);
  });

  it("refuses the new key under the old key's id", async () => {
    const { status } = await requestToken(sandbox(), {
      key: createPrivateKey(next.privateKeyPem),
      kid: sandbox().keyId,
    });
    assert.equal(status, 401);
  });

  it("refuses a key that was withdrawn", async () => {
    sandbox().control.removeOrganizationKey(sandbox().keyId);
    assert.equal((await requestToken(sandbox(), { kid: sandbox().keyId })).status, 401);
  });

  it("takes no private key", () => {
    assert.throws(() => {
      sandbox().control.registerOrganizationKey(next.privateKeyPem, "private");
    }, TypeError);
  });
});
