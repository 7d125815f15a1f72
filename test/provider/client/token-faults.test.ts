import assert from "node:assert/strict";

import { mayHaveHappened, TenantManagementError } from "../../../provider/src/client/errors";
import { OrganizationTokens } from "../../../provider/src/client/organization-token";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { recordedRetries } from "../../support/retry-policy";
import { json, scriptedTransport, type Step, tokenAnswer, tokenUrl } from "../../support/scripted-api";

/** Asks for a token, and makes sure that each step of the script was needed. */
async function ask<T>(steps: readonly Step[], test: (tokens: OrganizationTokens) => Promise<T>): Promise<T> {
  const script = scriptedTransport(steps);
  const sign = (): Promise<string> => Promise.resolve("an.assertion.signed");
  const client = { tokenUrl, clientId: "organization-client", sign };
  const result = await test(new OrganizationTokens(client, script.transport, recordedRetries().policy));
  script.assertUsedUp();
  return result;
}

const refusalOf = (steps: readonly Step[]): Promise<TenantManagementError> =>
  ask(steps, (tokens) => failureOf(tokens.get()));

describe("client: an authorization server with faults", () => {
  const faults: Record<string, Step> = {
    "cannot be reached": new TenantManagementError("NOT_SENT", "refused"),
    "gives no answer": new TenantManagementError("NO_ANSWER", "cut off"),
    "is overloaded": { status: 429 },
    "did not wait for the request": { status: 408 },
    "fails with a page of HTML": { status: 502, body: "<html>", headers: { "content-type": "text/html" } },
    "succeeds with a page of HTML": { body: "<html>", headers: { "content-type": "text/html" } },
    "is not found by a gateway": { status: 404, body: "<html>", headers: { "content-type": "text/html" } },
    "succeeds with half a body": { body: '{"access_to', headers: { "content-type": "application/json" } },
  };
  for (const [what, fault] of Object.entries(faults)) {
    it(`is asked again if it ${what}`, async () => {
      assert.equal(await ask([fault, tokenAnswer("good")], (tokens) => tokens.get()), "good");
    });

    it(`leaves no doubt that nothing was created if it ${what} for ever`, async () => {
      const error = await refusalOf(Array.from({ length: 8 }, () => fault));
      assert.deepEqual([error.code, mayHaveHappened(error)], ["TOKEN_REFUSED", false]);
    });
  }

  it("is not asked again if it refuses", async () => {
    const error = await refusalOf([json({ error: "invalid_client" }, 401)]);
    assert.equal(error.status, 401);
  });

  const unusable: Record<string, Step> = {
    "a token that cannot be sent": tokenAnswer("two\r\nlines"),
    "a token without its type": json({ access_token: "x", expires_in: 10 }),
    "a token of another type": json({ access_token: "x", token_type: "DPoP", expires_in: 10 }),
    "a lifetime that is no number": tokenAnswer("x", { expires_in: "abc" }),
    "no token": json({}),
  };
  for (const [what, answer] of Object.entries(unusable)) {
    it(`is not asked again if it returns, in complete JSON, ${what}`, async () => {
      const error = await refusalOf([answer]);
      assert.deepEqual([error.code, error.status], ["TOKEN_REFUSED", 200]);
      mentions(error.message, "organization-client");
    });
  }

  it("is not asked again if its certificate is not trusted", async () => {
    const error = await refusalOf([
      new TenantManagementError("NOT_SENT", "untrusted", { isPermanent: true }),
    ]);
    assert.deepEqual([error.code, error.isPermanent], ["TOKEN_REFUSED", true]);
  });

  it("is reported with the status and the request id of its refusal", async () => {
    const refusal = json({ error: "invalid_scope" }, 400, { "x-okta-request-id": "r-9" });
    const error = await refusalOf([refusal]);
    assert.deepEqual([error.code, error.status], ["TOKEN_REFUSED", 400]);
    mentions(error.message, "invalid_scope", "r-9");
  });

  it("is reported with the web page that a firewall returned in its place", async () => {
    const page = { status: 403, headers: { "content-type": "text/html" }, body: "<!DOCTYPE html>Blocked" };
    const error = await refusalOf([page]);
    assert.deepEqual([error.code, error.status], ["TOKEN_REFUSED", 403]);
    mentions(error.message, "web page", "firewall", "tenants:tokenUrl");
    const refusal = json({ error: "invalid_client" }, 401);
    assert.doesNotMatch((await refusalOf([refusal])).message, /web page/);
  });

  it("is reported with a compressed answer", async () => {
    const packed = { headers: { "content-encoding": "gzip" }, body: "\u001f\u008b" };
    const error = await refusalOf(Array.from({ length: 8 }, () => packed));
    assert.equal(error.code, "TOKEN_REFUSED");
    mentions(error.message, "gzip");
  });
});

describe("client: a clock that is wrong", () => {
  const refusalAt = (aheadMs: number): Promise<TenantManagementError> =>
    refusalOf([
      json({ error: "invalid_client" }, 401, { date: new Date(Date.now() + aheadMs).toUTCString() }),
    ]);

  it("is reported as behind", async () => {
    mentions((await refusalAt(12 * 60_000)).message, "clock", "12 minutes behind");
  });

  it("is reported as ahead", async () => {
    mentions((await refusalAt(-70_000)).message, "clock", "1 minute ahead");
  });

  it("is not suspected if the clocks agree", async () => {
    assert.doesNotMatch((await refusalAt(30_000)).message, /clock/);
  });

  it("is not suspected if the server sends no time", async () => {
    assert.doesNotMatch((await refusalOf([json({ error: "invalid_client" }, 401)])).message, /clock/);
  });

  it("is not suspected if the server's time makes no sense", async () => {
    const refusal = json({ error: "invalid_client" }, 401, { date: "1" });
    assert.doesNotMatch((await refusalOf([refusal])).message, /clock/);
  });
});
