import assert from "node:assert/strict";

import { mayHaveHappened, type TenantManagementError } from "../../../provider/src/client/errors";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { json, type Step, withAnswers } from "../../support/scripted-api";

const html = (location?: string, status = 201): Step => ({
  status,
  headers: location === undefined ? {} : { location },
  body: "<html>",
});

const failedTenant = (answer: Step): Promise<TenantManagementError> =>
  withAnswers([answer], ({ api }) => failureOf(api.createTenant({ name: "acme" })));

const failedApplication = (answer: Step, tenantId = "t-1"): Promise<TenantManagementError> =>
  withAnswers([answer], ({ api }) =>
    failureOf(
      api.createApplication(tenantId, {
        cell: "eu-1",
        scopes: ["documents.submissions.read"],
        authentication: { type: "CLIENT_SECRET" },
      }),
    ),
  );

/** Tests which id is taken from `Location`, where the body tells nothing. */
function itIsTakenFrom(
  locations: Record<string, string | undefined>,
  fail: (answer: Step) => Promise<TenantManagementError>,
): void {
  for (const [location, id] of Object.entries(locations)) {
    it(`is ${id ?? "none"} if Location is "${location}"`, async () => {
      assert.equal((await fail(html(location))).made?.objectId, id);
    });
  }
}

describe("client: the application that an unusable answer reports as created", () => {
  const locations: Record<string, string | undefined> = {
    "/v0/tenants/t-1/applications/a-9": "a-9",
    "/tenants/t-1/applications/a-9": "a-9",
    "https://api.example.test/v0/tenants/t-1/applications/a-9": "a-9",
    "/v0/tenants/t-1/applications/a-9/": "a-9",
    "/v0/tenants/t-1/applications/a-9/?x=/y#z": "a-9",
    "/v0/tenants/t%2D1/applications/a%2D9": "a-9",
    "/v0/tenants/t-1/applications": undefined,
    "/v0/tenants/t-1/applications/": undefined,
    "/v0/tenants/t-1": undefined,
    "/v0/tenants/t-2/applications/a-9": undefined,
    "/v0/tenants/t-1/applications/a-9//": undefined,
    "/v0/tenants/t-1/applications/a%2F9": undefined,
    "/v0/tenants/t-1/applications/a%9": undefined,
    "/v0/tenants/t-1/applications/..": undefined,
    "a-9": undefined,
    "": undefined,
    "https://evil.example/v0/tenants/t-1/applications/a-9": undefined,
    "//evil.example/v0/tenants/t-1/applications/a-9": undefined,
    "http://api.example.test/v0/tenants/t-1/applications/a-9": undefined,
    "https://api.example.test:8443/v0/tenants/t-1/applications/a-9": undefined,
    "https://user@api.example.test/v0/tenants/t-1/applications/a-9": undefined,
    "https://api.example.test/v1/tenants/t-1/applications/a-9": undefined,
    "/v0/x/tenants/t-1/applications/a-9": undefined,
    "/v0/x/../tenants/t-1/applications/a-9": undefined,
  };
  itIsTakenFrom(locations, failedApplication);

  for (const status of [301, 302, 303, 307, 308]) {
    it(`is uncertain after ${status}, and is that of Location if it is the API's own`, async () => {
      const own = await failedApplication(html("/v0/tenants/t-1/applications/a-9", status));
      const foreign = await failedApplication(
        html("https://evil.example/v0/tenants/t-1/applications/a-9", status),
      );
      const none = await failedApplication(json({ id: "job-7" }, status));
      assert.deepEqual(
        [own, foreign, none].map((error) => [error.code, mayHaveHappened(error), error.made?.objectId]),
        [
          ["ANSWER_INVALID", true, "a-9"],
          ["ANSWER_INVALID", true, undefined],
          ["ANSWER_INVALID", true, undefined],
        ],
      );
      mentions(foreign.message, String(status), "redirect");
    });
  }

  it("is none after a redirect of a request that creates nothing, which was refused", async () => {
    const error = await withAnswers([html("/v0/tenants/t-9", 302)], ({ api }) =>
      failureOf(api.getTenant("t-1")),
    );
    assert.deepEqual([error.code, error.made], ["REFUSED", undefined]);
  });

  it("is none without an id and Location", async () => {
    assert.equal((await failedApplication(html())).made, undefined);
  });

  it("is that of a tenant whose id is escaped in a path", async () => {
    const answer = html("/v0/tenants/t%25/applications/a-9");
    assert.equal((await failedApplication(answer, "t%")).made?.objectId, "a-9");
  });

  it("keeps the secret of the body with the id of Location", async () => {
    const body = { id: "a b", credentials: { client_secret: "s3cret" } };
    const error = await failedApplication(json(body, 201, { location: "/v0/tenants/t-1/applications/a-9/" }));
    assert.deepEqual([error.made?.objectId, error.made?.clientSecret], ["a-9", "s3cret"]);
  });

  for (const status of [200, 202, 204]) {
    it(`is also reported by ${status}, with its secret`, async () => {
      const body = { id: "a-1", credentials: { client_secret: "s3cret" } };
      const error = await failedApplication(json(body, status));
      assert.deepEqual([error.made?.objectId, error.made?.clientSecret], ["a-1", "s3cret"]);
    });
  }

  it("is none if a 202 describes a job", async () => {
    assert.equal((await failedApplication(json({ id: "job-7" }, 202))).made, undefined);
    const located = json({ id: "job-7" }, 202, { location: "/v0/tenants/t-1/applications/a-9" });
    assert.equal((await failedApplication(located)).made?.objectId, "a-9");
    assert.equal((await failedApplication(json({ id: "a-1" }, 201))).made?.objectId, "a-1");
  });
});

describe("client: the tenant that an unusable answer reports as created", () => {
  const locations: Record<string, string | undefined> = {
    "/v0/tenants/t-9": "t-9",
    "/tenants/t-9/": "t-9",
    "/v0/tenants": undefined,
    "/v0/tenants/": undefined,
    "/v0/tenants/t-1/applications": undefined,
    "/v0/tenants/t-1/applications/a-1": undefined,
  };
  itIsTakenFrom(locations, failedTenant);

  it("is none if nothing was to be created", async () => {
    const error = await withAnswers([json({ id: "t-1" })], ({ api }) => failureOf(api.getTenant("t-1")));
    assert.deepEqual([error.code, error.made], ["ANSWER_INVALID", undefined]);
  });
});
