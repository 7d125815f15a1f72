import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";

import { openIssuerFetch } from "resistant-tenants-service/identity/issuer-fetch";
import { openLogIn } from "resistant-tenants-service/identity/log-in";

import { PlainBrowser, type Visited } from "./browser";
import { newTenant, useHttpService } from "./harness";

describe("logging in to the service", () => {
  const service = useHttpService();

  /** Fills in the issuer's page, where the browser was led to. */
  const logIn = (browser: PlainBrowser, { url }: Visited, username: string): Promise<Visited> => {
    assert.equal(url.origin, service().identity.issuer);
    return browser.go(url.href, { username, password: username });
  };
  const enter = async (username: string, returnTo = "/"): Promise<{ browser: PlainBrowser; at: Visited }> => {
    const browser = new PlainBrowser();
    const page = await browser.go(`${service().url}/login?returnTo=${encodeURIComponent(returnTo)}`);
    return { browser, at: await logIn(browser, page, username) };
  };
  const me = (browser: PlainBrowser): Promise<Visited> => browser.go(`${service().url}/api/v1/me`);

  it("starts a session with a new cookie at each log-in, and ends it for good at the log-out", async () => {
    const { browser, at } = await enter("rita");
    assert.equal(at.url.href, `${service().url}/`);
    const first = browser.cookies(service().url).get("session") ?? "";
    assert.equal((JSON.parse((await me(browser)).text) as { name: string }).name, "Rita Requester");
    await logInAgain(browser);
    assert.notEqual(browser.cookies(service().url).get("session"), first);
    const old = new PlainBrowser();
    old.set(service().url, "session", first);
    assert.equal((await me(old)).status, 401, "a session does not outlive a new log-in");
    const last = browser.cookies(service().url).get("session") ?? "";
    assert.equal(
      (await browser.go(`${service().url}/logout`, {}, { origin: "https://elsewhere.example" })).status,
      403,
    );
    await browser.go(`${service().url}/logout`, {});
    assert.equal(browser.cookies(service().url).get("session"), undefined);
    old.set(service().url, "session", last);
    assert.equal((await me(old)).status, 401, "whoever copied the cookie is logged out, too");
  });

  const logInAgain = async (browser: PlainBrowser): Promise<void> => {
    // The issuer remembers the browser: it asks nothing.
    assert.equal((await browser.go(`${service().url}/login`)).url.origin, service().url);
  };

  it("also ends the issuer's session at the log-out, if the issuer offers it", async () => {
    const { browser } = await enter("rita");
    const page = await browser.go(`${service().url}/logout`, {});
    assert.equal(page.status, 200);
    const next = new URL(
      /http-equiv="refresh" content="0; url=([^"]+)"/.exec(page.text)?.[1]?.replaceAll("&amp;", "&") ?? "",
    );
    assert.equal(next.origin, service().identity.issuer);
    assert.equal(next.searchParams.get("post_logout_redirect_uri"), `${service().url}/`);
    assert.equal(next.searchParams.get("client_id"), service().identity.web.clientId);
    assert.match(next.searchParams.get("id_token_hint") ?? "", /^eyJ/);
    assert.equal(browser.cookies(service().url).size, 0);
    const asked = await browser.go(next.href);
    const field = (name: string): string =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(asked.text)?.[1] ?? "";
    const action = /action="([^"]+)"/.exec(asked.text)?.[1] ?? "";
    const after = await browser.go(action, { xsrf: field("xsrf"), logout: "yes" });
    assert.equal(after.url.href, `${service().url}/`);
    const again = await browser.go(`${service().url}/login`);
    assert.equal(again.url.origin, service().identity.issuer, "it asks for the password again");
  });

  it("offers no log-out at an issuer that does not answer, and sends no hint that it has not sealed", async () => {
    const { settings } = service().context;
    const keys = { clientSecret: "unused", sealingKey: randomBytes(32), issuerFetch: openIssuerFetch({}) };
    const forged = await openLogIn(settings, keys).logOutUrl("not what this process has sealed");
    assert.deepEqual(
      [forged?.origin, forged?.searchParams.has("id_token_hint"), forged?.searchParams.has("client_id")],
      [settings.identity.issuer, false, true],
    );
    const silent = { ...settings, identity: { ...settings.identity, issuer: "http://127.0.0.1:1" } };
    assert.equal(await openLogIn(silent, keys).logOutUrl(undefined), undefined);
  });

  it("leads only to its own pages, and accepts no call-back that this browser has not started", async () => {
    for (const elsewhere of ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
      assert.equal((await enter("rita", elsewhere)).at.url.href, `${service().url}/`, elsewhere);
    const stranger = new PlainBrowser();
    const stolen = await stranger.go(`${service().url}/callback?code=x&state=y`);
    assert.equal(stolen.status, 401);
    assert.equal(stranger.cookies(service().url).size, 0);
  });

  it("has sessions that no one with only the database can invent, lengthen, or give to another person", async () => {
    const { asOwner } = service().database;
    await (await service().as("ada")).expect(200, "GET", "/me");
    const made = "made-up-by-whoever-owns-the-database";
    const hash = createHash("sha256").update(made).digest("hex");
    await asOwner(
      `insert into sessions (id_hash, person_id, authenticated_at, expires_at)
       select decode($1, 'hex'), id, now(), now() + interval '1 day' from people where subject = 'ada'`,
      [hash],
    );
    const { browser: ravi } = await enter("ravi");
    const seal = (ravi.cookies(service().url).get("session") ?? "").split(".")[1] ?? "";
    for (const session of [made, `${made}.`, `${made}.${seal}`]) {
      const stranger = new PlainBrowser();
      stranger.set(service().url, "session", session);
      assert.equal((await me(stranger)).status, 401, session);
    }
    const changes = [
      "update sessions set person_id = (select id from people where subject = 'ada')",
      "update sessions set authenticated_at = now() + interval '1 second'",
      "update sessions set expires_at = now() + interval '10 years'",
      `update people set roles = '["administrator"]' where subject = 'ravi'`,
      `update people set groups = '["production-approvers"]' where subject = 'ravi'`,
      "update people set person = 'E-1005' where subject = 'ravi'",
      "update people set subject = 'somebody' where subject = 'ravi'",
    ];
    for (const change of changes) {
      const { browser } = await enter("ravi");
      assert.equal((await me(browser)).status, 200, change);
      await asOwner(change);
      assert.equal((await me(browser)).status, 401, change);
    }
  });

  it("accepts a session's unsafe calls only from its own pages", async () => {
    const { browser } = await enter("rita");
    const cookie = `session=${browser.cookies(service().url).get("session") ?? ""}`;
    const call = async (headers: Record<string, string>): Promise<number> => {
      const answer = await fetch(`${service().url}/api/v1/requests`, {
        method: "POST",
        headers: { cookie, "content-type": "application/json", "idempotency-key": randomUUID(), ...headers },
        body: JSON.stringify(newTenant()),
      });
      return answer.status;
    };
    assert.equal(await call({}), 403);
    assert.equal(await call({ origin: "https://elsewhere.example" }), 403);
    assert.equal(await call({ origin: "null" }), 403);
    assert.equal(await call({ "sec-fetch-site": "cross-site" }), 403);
    assert.equal(await call({ "sec-fetch-site": "same-site", origin: service().url }), 403);
    assert.equal(await call({ "sec-fetch-site": "same-origin", origin: service().url }), 201);
  });

  it("requires a separate log-in for a decision on the page, bound to the request and the digest", async () => {
    const rita = await service().as("rita");
    const { id } = await rita.submit(newTenant());
    const digest = await service().plan(id, "creates a tenant");
    const { browser } = await enter("anna");
    const session = browser.cookies(service().url).get("session") ?? "";
    const byCookie = await fetch(`${service().url}/api/v1/requests/${id}/approvals`, {
      method: "POST",
      headers: {
        ...{ cookie: `session=${session}`, origin: service().url },
        ...{ "content-type": "application/json", "idempotency-key": randomUUID() },
      },
      body: JSON.stringify({ decision: "approve", digest }),
    });
    assert.equal(byCookie.status, 403, "a session alone approves nothing");
    const decision = `${service().url}/requests/${id}/decision`;
    const refused = await browser.go(decision, {
      ...{ decision: "approve", digest },
      comment: "password: hunter2-hunter2",
    });
    assert.equal(refused.status, 400, "no comment shows a credential");
    const asked = await browser.go(decision, { decision: "approve", digest });
    const decided = await logIn(browser, asked, "anna");
    assert.equal(decided.status, 200, decided.text);
    assert.equal((await rita.request(id)).state, "queued");
    const [row] = await service().database.asOwner<{ evidence: { idToken: string } }>(
      "select evidence from approval_evidence",
    );
    const claims = JSON.parse(
      Buffer.from(row?.evidence.idToken.split(".")[1] ?? "", "base64url").toString(),
    ) as {
      sub: string;
      nonce: string;
    };
    assert.equal(claims.sub, "anna");
    assert.equal(claims.nonce.length, 43);
  });

  it("also lets the requester's other account approve nothing on the page", async () => {
    const sam = await service().as("sam");
    const { id } = await sam.submit(newTenant());
    const digest = await service().plan(id, "creates a tenant");
    const { browser } = await enter("sam.admin");
    const asked = await browser.go(`${service().url}/requests/${id}/decision`, {
      decision: "approve",
      digest,
    });
    assert.equal((await logIn(browser, asked, "sam.admin")).status, 403);
    assert.equal((await sam.request(id)).state, "waitingForApproval");
  });
});
