import { strict as assert } from "node:assert";

import type { TenantManagementApi } from "../../../provider/src/client/api";
import { mayHaveHappened } from "../../../provider/src/client/errors";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { json, type Step, withAnswers } from "../../support/scripted-api";

const instant = "2030-01-01T00:00:00Z";
const tenant = { id: "t-1", name: "acme", created: instant, updated: instant, cells: ["eu-1"] };
const application = {
  id: "a-1",
  client_id: "c-1",
  auth_server: "https://eu.id.resistant.ai/oauth2/aus1",
  cell: "eu-1",
  scopes: [],
};
const none = json({ message: "there is none" }, 404);
const noTenants = json({ items: [] });
const noApplications = json({ items: [] });

/** 404s that are not the API's. */
const foreign: Record<string, Step> = {
  "a page of HTML": { status: 404, headers: { "content-type": "text/html" }, body: "<h1>Not Found</h1>" },
  "plain text": { status: 404, headers: { "content-type": "text/plain" }, body: "no route matched" },
  "no body": { status: 404 },
  "JSON that says it is HTML": { ...none, headers: { "content-type": "text/html" } },
  "HTML that says it is JSON": { ...none, body: "<h1>Not Found</h1>" },
  "another form of JSON": json({ error: "no Route matched with those values" }, 404),
  "a message that is no text": json({ message: { text: "none" } }, 404),
  "a message that is too long": json({ message: "x".repeat(513) }, 404),
  "text/json": { ...none, headers: { "content-type": "text/json" } },
  "HTML that says it is JSON with a charset": {
    status: 404,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: "<!doctype html><title>404</title>",
  },
  "an object without a message": json({}, 404),
  "a message that is null": json({ message: null }, 404),
  "a message that is a number": json({ message: 404 }, 404),
  "nothing but a text": json("not found", 404),
  "JSON of no type": { ...none, headers: {} },
  "the JSON of a vendor": { ...none, headers: { "content-type": "application/vnd.gateway+json" } },
  "an empty body that says it is JSON": { ...none, body: "" },
  "a list": json([{ message: "none" }], 404),
  "a problem of RFC 9457": { ...none, headers: { "content-type": "application/problem+json" } },
};

/** Every operation that may find something missing, what it gives then, and what it asks before it says so. */
const operations: Record<
  string,
  { call: (api: TenantManagementApi) => Promise<unknown>; found: Step; gives: unknown; gone: Step[] }
> = {
  "a fetch of a tenant": {
    call: async (api) => (await api.getTenant("t-1"))?.tenantId,
    found: json(tenant),
    gives: "t-1",
    gone: [noTenants, none],
  },
  "a list of applications": {
    call: async (api) => (await api.listApplications("t-1"))?.length,
    found: json({ items: [application] }),
    gives: 1,
    gone: [none, noTenants, none],
  },
  "a fetch of an application": {
    call: async (api) => (await api.getApplication("t-1", "a-1"))?.applicationId,
    found: json(application),
    gives: "a-1",
    gone: [noApplications],
  },
  "a delete of a tenant": {
    call: (api) => api.deleteTenant("t-1"),
    found: { status: 204 },
    gives: "deleted",
    gone: [none, noTenants, none],
  },
  "a delete of an application": {
    call: (api) => api.deleteApplication("t-1", "a-1"),
    found: { status: 204 },
    gives: "deleted",
    gone: [none, noApplications],
  },
};

for (const [operation, { call, found, gives, gone }] of Object.entries(operations)) {
  const isDelete = gives === "deleted";
  const missing = isDelete ? "missing" : undefined;

  describe(`client: ${operation} that is answered 404`, () => {
    for (const [what, answer] of Object.entries(foreign)) {
      it(`is repeated if it is answered with ${what}`, async () => {
        assert.equal(await withAnswers([answer, found], ({ api }) => call(api)), gives);
      });

      it(`fails if every answer is ${what}`, async () => {
        const answers = Array.from({ length: 8 }, () => answer);
        const error = await withAnswers(answers, ({ api }) => failureOf(call(api)));
        assert.deepEqual([error.code, error.status], ["NOT_THE_API", 404]);
        mentions(error.message, "tenants:apiUrl");
      });
    }

    it("finds nothing if all of the API's answers agree", async () => {
      assert.equal(await withAnswers([none, ...gone], ({ api }) => call(api)), missing);
    });

    for (let nth = 0; nth < gone.length; nth += 1) {
      it(`finds nothing only once answer ${nth + 2} is also the API's`, async () => {
        const answers = [none, ...gone.slice(0, nth), foreign["a page of HTML"]!, ...gone.slice(nth)];
        assert.equal(await withAnswers(answers, ({ api }) => call(api)), missing);
      });
    }
  });
}

describe("client: a 404 that another answer contradicts", () => {
  const applications = json({ items: [application] });
  const tenants = json({ items: [tenant] });

  it("keeps a tenant that the list contains", async () => {
    const found = await withAnswers([none, tenants], ({ api }) => api.getTenant("t-1"));
    assert.equal(found?.tenantId, "t-1");
  });

  it("keeps an application that the tenant's list contains", async () => {
    const found = await withAnswers([none, applications], ({ api }) => api.getApplication("t-1", "a-1"));
    assert.equal(found?.applicationId, "a-1");
  });

  it("proves nothing about a tenant whose applications are listed", async () => {
    const answers = [none, noTenants, applications, json(tenant)];
    const found = await withAnswers(answers, ({ api }) => api.getTenant("t-1"));
    assert.equal(found?.tenantId, "t-1");
  });

  it("causes a list of applications to be requested again while the tenant exists", async () => {
    const answers = [none, json(tenant), applications];
    const found = await withAnswers(answers, ({ api }) => api.listApplications("t-1"));
    assert.equal(found?.length, 1);
  });

  it("causes a delete to be repeated while the object exists", async () => {
    const answers = [none, json(application), { status: 204 }];
    assert.equal(await withAnswers(answers, ({ api }) => api.deleteApplication("t-1", "a-1")), "deleted");
  });

  it("fails if the contradiction lasts, and reports it", async () => {
    const answers = Array.from({ length: 8 }, () => [none, json(tenant)]).flat();
    const error = await withAnswers(answers, ({ api }) => failureOf(api.deleteTenant("t-1")));
    assert.equal(error.code, "NOT_THE_API");
    mentions(error.message, "t-1", "tenants:apiUrl");
  });
});

describe("client: a delete that is answered with another success than the contract's", () => {
  const page: Step = { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Log in</h1>" };
  const accepted: Step = { status: 202 };
  const deletes: Record<string, { call: (api: TenantManagementApi) => Promise<unknown>; found: Step }> = {
    "of a tenant": { call: (api) => api.deleteTenant("t-1"), found: json(tenant) },
    "of an application": { call: (api) => api.deleteApplication("t-1", "a-1"), found: json(application) },
  };
  for (const [what, { call, found }] of Object.entries(deletes)) {
    for (const [answered, answer] of Object.entries({ "a page of HTML": page, "202": accepted })) {
      it(`${what} is repeated while the object exists: ${answered}`, async () => {
        const answers = [answer, found, { status: 204 }];
        assert.equal(await withAnswers(answers, ({ api }) => call(api)), "deleted");
      });

      it(`${what} fails if that lasts: ${answered}`, async () => {
        const answers = Array.from({ length: 8 }, () => [answer, found]).flat();
        const error = await withAnswers(answers, ({ api }) => failureOf(call(api)));
        assert.equal(error.code, "NOT_THE_API");
      });
    }
  }

  it("is done once the API no longer has it", async () => {
    const answers = [accepted, none, noApplications];
    assert.equal(await withAnswers(answers, ({ api }) => api.deleteApplication("t-1", "a-1")), "deleted");
  });
});

describe("client: 410, which the contract does not have", () => {
  for (const [operation, { call }] of Object.entries(operations)) {
    it(`is a failure of ${operation}, in any form`, async () => {
      for (const answer of [json({ message: "gone" }, 410), { status: 410, body: "<h1>Gone</h1>" }]) {
        const error = await withAnswers([answer], ({ api }) => failureOf(call(api)));
        assert.deepEqual([error.code, error.status], ["REFUSED", 410]);
      }
    });
  }
});

describe("client: a success whose body is a page of HTML", () => {
  for (const [operation, { call, gives }] of Object.entries(operations)) {
    if (gives === "deleted") continue;
    it(`is no answer to ${operation}, even repeatedly`, async () => {
      const page = { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Log in</h1>" };
      const pages = Array.from({ length: 8 }, () => page);
      const error = await withAnswers(pages, ({ api }) => failureOf(call(api)));
      assert.equal(error.code, "ANSWER_INVALID");
    });
  }
});

describe("client: a 404 for what always exists", () => {
  it("is repeated for the list of tenants, in any form", async () => {
    assert.deepEqual(await withAnswers([none, noTenants], ({ api }) => api.listTenants()), []);
  });

  it("leaves it open whether a tenant was created", async () => {
    const error = await withAnswers([none], ({ api }) => failureOf(api.createTenant({ name: "acme" })));
    assert.deepEqual([error.code, mayHaveHappened(error)], ["NOT_THE_API", true]);
  });
});

describe("client: a 404 to the create of an application", () => {
  const create = (api: TenantManagementApi) =>
    failureOf(
      api.createApplication("t-1", { cell: "eu-1", scopes: [], authentication: { type: "CLIENT_SECRET" } }),
    );

  it("is a refusal if it is the API's: nothing was created", async () => {
    const error = await withAnswers([none], ({ api }) => create(api));
    assert.deepEqual([error.code, mayHaveHappened(error)], ["REFUSED", false]);
  });

  for (const [what, answer] of Object.entries(foreign)) {
    it(`leaves it open whether one was created if it is ${what}, and is never repeated`, async () => {
      const error = await withAnswers([answer], ({ api }) => create(api));
      assert.deepEqual([error.code, mayHaveHappened(error)], ["NOT_THE_API", true]);
    });
  }
});

describe("client: what is fetched by an id", () => {
  it("is no proof if another object is returned", async () => {
    const answer = json({ ...tenant, id: "t-2" });
    const error = await withAnswers([answer], ({ api }) => failureOf(api.getTenant("t-1")));
    assert.equal(error.code, "ANSWER_INVALID");
  });
});

describe("client: a list that repeats or skips what it has", () => {
  it("has each application once", async () => {
    const list = json({ items: [application, { ...application, id: "a-2" }, application] });
    const listed = await withAnswers([list], ({ api }) => api.listApplications("t-1"));
    assert.deepEqual(
      listed?.map(({ applicationId }) => applicationId),
      ["a-1", "a-2"],
    );
  });

  it("keeps a tenant that it skips: it is fetched by its id", async () => {
    const found = await withAnswers([json(tenant)], ({ api }) => api.getTenant("t-1"));
    assert.equal(found?.tenantId, "t-1");
  });

  const loops: Record<string, string> = {
    itself: "/tenants",
    "the first page": "/v0/tenants?",
    "a page before": "?after_id=1",
  };
  for (const [what, back] of Object.entries(loops)) {
    it(`proves nothing about a tenant if its next page is ${what}`, async () => {
      const to = (href: string) => json({ items: [], _links: { next: { href } } });
      const pages =
        what === "itself"
          ? [to(back)]
          : what === "the first page"
            ? [to(back), to(back)]
            : [to("?after_id=1"), to("?after_id=2"), to(back)];
      const error = await withAnswers([none, ...pages], ({ api }) => failureOf(api.getTenant("t-1")));
      assert.equal(error.code, "ANSWER_INVALID");
    });
  }

  it("has the tenants after several empty pages", async () => {
    const pages = [1, 2, 3].map((n) => json({ items: [], _links: { next: { href: `?after_id=${n}` } } }));
    const found = await withAnswers([none, ...pages, json({ items: [tenant] })], ({ api }) =>
      api.getTenant("t-1"),
    );
    assert.equal(found?.tenantId, "t-1");
  });
});

describe("client: a list of tenants whose pages shift while they are read", () => {
  it("has each tenant once", async () => {
    const first = json({ items: [tenant], _links: { next: { href: "/tenants?after_id=t-1" } } });
    const listed = await withAnswers([first, json({ items: [tenant] })], ({ api }) => api.listTenants());
    assert.deepEqual(
      listed.map(({ tenantId }) => tenantId),
      ["t-1"],
    );
  });
});
