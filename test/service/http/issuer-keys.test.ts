import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { type CryptoKey, errors, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { openIssuerFetch } from "resistant-tenants-service/identity/issuer-fetch";
import {
  findIssuerKey,
  issuerCooldownMs,
  IssuerKeysError,
} from "resistant-tenants-service/signing/issuer-keys";

import { startForwardProxy } from "../../support/forward-proxy";

/** An issuer that counts what it is asked for, and answers as a test says. */
interface CountingIssuer {
  url: string;
  readonly asked: string[];
  answers: "keys" | "nothing" | "garbage";
  keys: { kid: string; key: CryptoKey }[];
  readonly server: Server;
}

describe("the keys of the issuer", () => {
  let issuer: CountingIssuer;
  let now = 0;
  beforeEach(async () => {
    now = 0;
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      void answer(issuer, request.url ?? "").then(({ status, body }) => response.writeHead(status).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    issuer = { url, asked, answers: "keys", keys: [], server };
  });
  afterEach(() => {
    issuer.server.close();
    issuer.server.closeAllConnections();
  });

  async function answer(from: CountingIssuer, path: string): Promise<{ status: number; body: string }> {
    if (from.answers === "nothing") return { status: 503, body: "" };
    if (from.answers === "garbage") return { status: 200, body: "<html>" };
    if (path !== "/keys")
      return { status: 200, body: JSON.stringify({ issuer: from.url, jwks_uri: `${from.url}/keys` }) };
    const keys = await Promise.all(
      from.keys.map(async ({ kid, key }) => ({ ...(await exportJWK(key)), kid, alg: "ES256" })),
    );
    return { status: 200, body: JSON.stringify({ keys }) };
  }

  async function newToken(kid: string, isKnown = true): Promise<string> {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    if (isKnown) issuer.keys.push({ kid, key: publicKey });
    return await new SignJWT({}).setProtectedHeader({ alg: "ES256", kid }).sign(privateKey);
  }

  it("are read once, even if strangers send tokens", async () => {
    const good = await newToken("known");
    const key = findIssuerKey(issuer.url, openIssuerFetch({}), () => now);
    const stranger = await newToken("unknown", false);
    const sameName = await newToken("known", false);
    await jwtVerify(good, key);
    for (const token of [stranger, sameName, stranger, sameName, stranger, "not a token"])
      await assert.rejects(jwtVerify(token, key), errors.JOSEError);
    await jwtVerify(good, key);
    assert.deepEqual(issuer.asked, ["/.well-known/openid-configuration", "/keys"]);
  });

  it("are read through the proxy of the environment", async () => {
    const { port } = new URL(issuer.url);
    const direct = issuer.url;
    issuer.url = "http://issuer.example.test";
    const proxy = await startForwardProxy({ hosts: { "issuer.example.test:80": Number(port) } });
    try {
      const good = await newToken("known");
      await assert.rejects(jwtVerify(good, findIssuerKey(issuer.url, openIssuerFetch({}))), IssuerKeysError);
      await jwtVerify(good, findIssuerKey(issuer.url, openIssuerFetch({ HTTP_PROXY: proxy.url })));
      assert.deepEqual([...new Set(proxy.asked)], ["issuer.example.test:80"]);
    } finally {
      issuer.url = direct;
      await proxy.close();
    }
  });

  for (const answers of ["nothing", "garbage"] as const)
    it(`that answers ${answers}: the issuer is only asked again after a while, and no token is reported as wrong`, async () => {
      issuer.answers = answers;
      const good = await newToken("known");
      const key = findIssuerKey(issuer.url, openIssuerFetch({}), () => now);
      for (const token of [good, await newToken("unknown", false), good])
        await assert.rejects(jwtVerify(token, key), IssuerKeysError);
      assert.equal(issuer.asked.length, 1);
      issuer.answers = "keys";
      now += issuerCooldownMs;
      await jwtVerify(good, key);
      assert.equal(issuer.asked.length, 3);
    });
});
