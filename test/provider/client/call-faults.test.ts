import assert from "node:assert/strict";

import { TenantManagementApi } from "../../../provider/src/client/api";
import { mayHaveHappened, TenantManagementError } from "../../../provider/src/client/errors";
import { OrganizationTokens } from "../../../provider/src/client/organization-token";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { recordedRetries } from "../../support/retry-policy";
import {
  allowedHosts,
  apiUrl,
  json,
  scriptedTransport,
  type Step,
  tokenAnswer,
  tokenUrl,
  withAnswers,
} from "../../support/scripted-api";

const tenant = {
  id: "t-1",
  name: "acme",
  created: "2030-01-01T00:00:00Z",
  updated: "2030-01-01T00:00:00Z",
  cells: ["eu-1"],
};
const html: Step = {
  headers: { "content-type": "text/html" },
  body: "<html><body>Bad Gateway</body></html>",
};

describe("client: what is repeated", () => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    it(`is a GET that was answered ${status} with a page of HTML`, async () => {
      const found = await withAnswers([{ ...html, status }, json(tenant)], ({ api }) => api.getTenant("t-1"));
      assert.equal(found?.tenantId, "t-1");
    });

    it(`is a DELETE that was answered ${status}`, async () => {
      const answers = [{ status }, { status: 204 }];
      assert.equal(await withAnswers(answers, ({ api }) => api.deleteTenant("t-1")), "deleted");
    });
  }

  const unreadable: Record<string, Step> = {
    "with a page of HTML": { ...html, status: 200 },
    "with JSON that was cut off": { ...json(tenant), body: '{"id": "t-1", "na' },
    "with nothing": { status: 204, body: "" },
  };
  for (const [what, step] of Object.entries(unreadable)) {
    it(`is a GET that was answered with success, and ${what}`, async () => {
      const found = await withAnswers([step, json(tenant)], ({ api }) => api.getTenant("t-1"));
      assert.equal(found?.tenantId, "t-1");
    });
  }

  it("is a list that was answered with a page of HTML, until that is reported", async () => {
    const pages = Array.from({ length: 8 }, () => ({ ...html, status: 200 }));
    const error = await withAnswers(pages, ({ api }) => failureOf(api.listTenants()));
    assert.deepEqual([error.code, error.status], ["ANSWER_INVALID", 200]);
    mentions(error.message, "list tenants", "200", "JSON", "tenants:apiUrl");
  });

  it("is a POST that was answered 429, as often as it takes", async () => {
    const answers = [...Array.from({ length: 12 }, () => ({ status: 429 })), json(tenant, 201)];
    const made = await withAnswers(answers, ({ api }) => api.createTenant({ name: "acme" }));
    assert.equal(made.tenantId, "t-1");
  });

  it("is a POST that certainly did not reach the server", async () => {
    const answers = [new TenantManagementError("NOT_SENT", "refused"), json(tenant, 201)];
    const made = await withAnswers(answers, ({ api }) => api.createTenant({ name: "acme" }));
    assert.equal(made.tenantId, "t-1");
  });

  it("is a GET without an answer", async () => {
    const answers = [new TenantManagementError("NO_ANSWER", "cut off"), json(tenant)];
    assert.equal((await withAnswers(answers, ({ api }) => api.getTenant("t-1")))?.tenantId, "t-1");
  });
});

describe("client: what is not repeated", () => {
  for (const status of [408, 500, 502, 503, 504]) {
    it(`is a POST that was answered ${status}: it may have happened`, async () => {
      const error = await withAnswers([{ ...html, status }], ({ api }) =>
        failureOf(api.createTenant({ name: "acme" })),
      );
      assert.deepEqual([error.code, error.status, mayHaveHappened(error)], ["SERVER_FAILED", status, true]);
    });
  }

  it("is a POST without an answer: it may have happened", async () => {
    const error = await withAnswers([new TenantManagementError("NO_ANSWER", "cut off")], ({ api }) =>
      failureOf(api.createTenant({ name: "acme" })),
    );
    assert.equal(mayHaveHappened(error), true);
  });

  for (const code of ["NOT_SENT", "NO_ANSWER"] as const) {
    it(`is a GET that fails for good: ${code}`, async () => {
      const permanent = new TenantManagementError(code, "no trust", { isPermanent: true });
      const error = await withAnswers([permanent], ({ api }) => failureOf(api.getTenant("t-1")));
      assert.deepEqual([error.code, error.isPermanent], [code, true]);
    });
  }

  it("is a request that gets only 429 for five minutes", async () => {
    const minutes = Array.from({ length: 6 }, () => ({ status: 429, headers: { "retry-after": "3600" } }));
    const error = await withAnswers(minutes, ({ api }) => failureOf(api.getTenant("t-1")));
    assert.deepEqual([error.code, error.status], ["REFUSED", 429]);
    mentions(error.message, "t-1", "60 min");
  });
});

describe("client: a DELETE whose answer was lost", () => {
  const none = json({ message: "none" }, 404);
  const noTenants = json({ items: [] });
  /** What is asked before a tenant, or an application, counts as gone. */
  const tenantIsGone: Step[] = [none, noTenants, none];
  const applicationIsGone: Step[] = [none, json({ items: [] })];
  const lost: Record<string, Step> = {
    "no answer": new TenantManagementError("NO_ANSWER", "cut off"),
    "an answer 502": { ...html, status: 502 },
    "an answer 408": { status: 408 },
  };
  for (const [what, step] of Object.entries(lost)) {
    it(`has perhaps deleted what the next attempt does not find, after ${what}`, async () => {
      const steps = [step, new TenantManagementError("NOT_SENT", "refused"), none, ...tenantIsGone];
      assert.equal(await withAnswers(steps, ({ api }) => api.deleteTenant("t-1")), "perhapsDeleted");
    });
  }

  const unsent: Record<string, Step> = {
    "a request that was not sent": new TenantManagementError("NOT_SENT", "refused"),
    "an answer 429": { status: 429 },
  };
  for (const [what, step] of Object.entries(unsent)) {
    it(`has not deleted what the next attempt does not find, after ${what}`, async () => {
      const steps = [step, none, ...applicationIsGone];
      assert.equal(await withAnswers(steps, ({ api }) => api.deleteApplication("t-1", "a-1")), "missing");
    });
  }

  for (const status of [307, 403]) {
    it(`may have happened if the next attempt is answered ${status}`, async () => {
      const steps = [{ status: 500 }, json({ message: "no" }, status)];
      const error = await withAnswers(steps, ({ api }) => failureOf(api.deleteTenant("t-1")));
      assert.deepEqual([mayHaveHappened(error), error.code], [true, "SERVER_FAILED"]);
      mentions(error.message, "t-1", String(status), "500");
    });
  }

  it("may have happened if it was answered 200, and what would confirm it is refused", async () => {
    const steps = [json({}, 200), json({ message: "no" }, 403)];
    const error = await withAnswers(steps, ({ api }) => failureOf(api.deleteTenant("t-1")));
    assert.equal(mayHaveHappened(error), true);
    mentions(error.message, "t-1", "403", "200 instead of 204");
  });

  it("has perhaps deleted what the next attempt does not find, after an answer 200 while the API still showed it", async () => {
    const tenant = { id: "t-1", name: "acme", created: "", updated: "", cells: ["eu-1"] };
    const steps = [json({}, 200), json(tenant), none, ...tenantIsGone];
    assert.equal(await withAnswers(steps, ({ api }) => api.deleteTenant("t-1")), "perhapsDeleted");
  });

  it("may have happened if the next attempt gets no token", async () => {
    const { transport } = scriptedTransport([
      tokenAnswer("revoked-later"),
      { status: 500 },
      { status: 401 },
      json({ error: "invalid_client" }, 400),
    ]);
    const { policy } = recordedRetries();
    const sign = () => Promise.resolve("an.assertion.signed");
    const tokens = new OrganizationTokens({ tokenUrl, clientId: "c-1", sign }, transport, policy);
    const options = {
      stage: "testing",
      apiUrl,
      allowedHosts,
      tokens,
      transport,
      retryPolicy: policy,
    } as const;
    const error = await failureOf(new TenantManagementApi(options).deleteTenant("t-1"));
    assert.deepEqual([mayHaveHappened(error), error.code], [true, "SERVER_FAILED"]);
  });

  it("has not happened if the API refuses it and still has the object", async () => {
    const steps = [{ status: 500 }, json({ message: "it has applications" }, 409)];
    const error = await withAnswers(steps, ({ api }) => failureOf(api.deleteTenant("t-1")));
    assert.deepEqual([mayHaveHappened(error), error.code], [false, "REFUSED"]);
  });

  it("has not happened if the only attempt is refused", async () => {
    const error = await withAnswers([json({ message: "no" }, 403)], ({ api }) =>
      failureOf(api.deleteTenant("t-1")),
    );
    assert.deepEqual([mayHaveHappened(error), error.code], [false, "REFUSED"]);
  });

  it("has deleted nothing if another call's answer was lost", async () => {
    const steps = [{ status: 502 }, { status: 204 }, none, ...applicationIsGone];
    const deleted = await withAnswers(steps, async ({ api }) => [
      await api.deleteApplication("t-1", "a-1"),
      await api.deleteApplication("t-1", "a-2"),
    ]);
    assert.deepEqual(deleted, ["deleted", "missing"]);
  });
});

describe("client: an invalid id", () => {
  const ids = { "": "", "..": "..", "a/b": "a/b", "a\u001b[31m": "a\\u001b[31m", "a b": "a b" };
  for (const [id, printed] of Object.entries(ids)) {
    it(`is sent nowhere: ${JSON.stringify(id)}`, async () => {
      const error = await withAnswers([], ({ api }) => failureOf(api.deleteApplication("t-1", id)));
      assert.equal(error.code, "INPUT_INVALID");
      assert.ok(error.message.startsWith(`"${printed}" `), error.message);
    });
  }
});

describe("client: the error of a call", () => {
  it("names the operation, the stage, the tenant, the cell, the status, what the API said and its request id", async () => {
    const refusal = json({ message: "no such cell" }, 400, { "x-request-id": "r-7" });
    const error = await withAnswers([refusal], ({ api }) =>
      failureOf(
        api.createApplication("t-1", {
          cell: "us-1",
          scopes: [],
          authentication: { type: "CLIENT_SECRET" },
        }),
      ),
    );
    assert.deepEqual([error.code, error.status], ["REFUSED", 400]);
    mentions(
      error.message,
      "create an application",
      "testing",
      "t-1",
      "us-1",
      "400",
      '"no such cell"',
      "r-7",
    );
  });

  it("names the cell of a deleted or fetched application, if the caller knows it", async () => {
    const refusal = json({ message: "no" }, 400);
    const messages = await withAnswers([refusal, refusal], async ({ api }) => [
      (await failureOf(api.deleteApplication("t-1", "a-1", "us-1"))).message,
      (await failureOf(api.getApplication("t-1", "a-1", "us-1"))).message,
    ]);
    mentions(messages[0], "delete", "a-1", "us-1", "t-1");
    mentions(messages[1], "fetch", "a-1", "us-1", "t-1");
  });

  it("names the status and the request id of an answer outside the contract", async () => {
    const answer = json({ id: "a-1" }, 201, { "x-request-id": "r-1" });
    const error = await withAnswers([answer], ({ api }) => failureOf(api.createTenant({ name: "acme" })));
    assert.deepEqual([error.code, error.status], ["ANSWER_INVALID", 201]);
    assert.match(error.message, /"acme".*\br-1\b/);
  });

  it("names the operation and the stage if there is no token for it", async () => {
    const tokens = new OrganizationTokens(
      { tokenUrl, clientId: "c", sign: () => Promise.resolve("a.b.c") },
      scriptedTransport([json({ error: "invalid_client" }, 401, { "x-okta-request-id": "r-2" })]).transport,
      recordedRetries().policy,
    );
    const { transport } = scriptedTransport([]);
    const retryPolicy = recordedRetries().policy;
    const api = new TenantManagementApi({
      stage: "testing",
      apiUrl,
      allowedHosts,
      tokens,
      transport,
      retryPolicy,
    });
    const error = await failureOf(api.createTenant({ name: "acme" }));
    assert.deepEqual([error.code, error.status, mayHaveHappened(error)], ["TOKEN_REFUSED", 401, false]);
    mentions(
      error.message,
      "testing",
      'create tenant "acme"',
      "client c",
      "401",
      "invalid_client",
      "x-okta-request-id r-2",
    );
    assert.match(error.message, /[^.]\.$/);
  });

  it("mentions the tenant quota only if a tenant was to be created", async () => {
    const refusal = json({ message: "no" }, 403);
    const messages = await withAnswers([refusal, refusal, refusal], async ({ api }) => [
      (await failureOf(api.createTenant({ name: "acme" }))).message,
      (await failureOf(api.deleteTenant("t-1"))).message,
      (await failureOf(api.listTenants())).message,
    ]);
    assert.deepEqual(
      messages.map((message) => message.includes("quota")),
      [true, false, false],
    );
    for (const message of messages) mentions(message, "403", "scope");
  });

  it("does not blame the organization's client for the web page of a firewall", async () => {
    const page = { ...html, status: 403 };
    const said = { status: 403, headers: {}, body: "<!DOCTYPE html><title>Blocked</title>" };
    for (const answer of [page, said]) {
      const messages = await withAnswers([answer, answer], async ({ api }) => [
        (await failureOf(api.createTenant({ name: "acme" }))).message,
        (await failureOf(api.listTenants())).message,
      ]);
      for (const message of messages) {
        mentions(message, "403", "firewall", "tenants:apiUrl");
        assert.doesNotMatch(message, /scope|quota/);
      }
    }
  });

  it("shows no escape sequence from the API", async () => {
    const refusal = json({ message: "\u001b]0;owned\u0007" }, 400, { "x-request-id": "\u001b[2J" });
    const error = await withAnswers([refusal], ({ api }) => failureOf(api.createTenant({ name: "acme" })));
    assert.doesNotMatch(error.message, /\p{Cc}/u);
  });

  it("names a redirect, which is not followed", async () => {
    const redirect = { status: 307, headers: { location: "https://evil.example.test/" } };
    const error = await withAnswers([redirect], ({ api }) => failureOf(api.createTenant({ name: "acme" })));
    assert.deepEqual([error.code, error.status], ["ANSWER_INVALID", 307]);
  });
});
