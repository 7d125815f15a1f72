import assert from "node:assert/strict";

import { resolveNextPage } from "../../../provider/src/client/paging";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { json, withAnswers } from "../../support/scripted-api";

const apiUrl = "https://api.example.test/v0";

const firstPage = new URL(`${apiUrl}/tenants`);

const tenant = (id: string): object => ({
  id,
  name: id,
  created: "2030-01-01T00:00:00Z",
  updated: "2030-01-01T00:00:00Z",
  cells: ["eu-1"],
});
const page = (ids: string[], next?: unknown): object => ({
  items: ids.map(tenant),
  ...(next === undefined ? {} : { _links: { next } }),
});

describe("client: the link to the next page", () => {
  const followed: Record<string, { href: string; base?: string }> = {
    "relative to the base URL": { href: "/tenants?after_id=t-1" },
    "without a slash before it": { href: "tenants?after_id=t-1" },
    "with the base's path": { href: "/v0/tenants?after_id=t-1" },
    "with a query alone": { href: "?after_id=t-1" },
    "with the whole URL": { href: `${apiUrl}/tenants?after_id=t-1` },
    "of a base URL that ends with a slash": { href: "/tenants?after_id=t-1", base: `${apiUrl}/` },
  };
  for (const [what, { href, base }] of Object.entries(followed)) {
    it(`is followed ${what}`, () => {
      assert.equal(resolveNextPage(base ?? apiUrl, firstPage, href)?.href, `${apiUrl}/tenants?after_id=t-1`);
    });
  }

  it("is followed if the base URL has no path", () => {
    const next = resolveNextPage("http://127.0.0.1:4000", firstPage, "/tenants?after_id=t-1");
    assert.equal(next?.href, "http://127.0.0.1:4000/tenants?after_id=t-1");
  });

  const refused: Record<string, string> = {
    "to another host": "https://evil.example.test/v0/tenants",
    "to another host without a scheme": "//evil.example.test/v0/tenants",
    "to another port": "https://api.example.test:8443/v0/tenants",
    "that gives up TLS": "http://api.example.test/v0/tenants",
    "with a user in it": "https://user@api.example.test/v0/tenants",
    "out of the API's path": "/../admin",
    "out of the API's path by way of it": "/v0/../admin",
    "out of the API's path by escapes": "/%2e%2e/admin",
    "to a path that only begins like the API's": "https://api.example.test/v0evil/tenants",
    "that is no URL": "https://",
  };
  for (const [what, href] of Object.entries(refused)) {
    it(`is not followed ${what}`, () => {
      assert.equal(resolveNextPage(apiUrl, firstPage, href), undefined);
    });
  }

  for (const href of ["/\\evil.example.test", "/\t/evil.example.test", "\\\\evil.example.test"]) {
    it(`never leads to another host: ${JSON.stringify(href)}`, () => {
      const host = resolveNextPage(apiUrl, firstPage, href)?.host;
      assert.ok(host === undefined || host === "api.example.test", `leads to ${host}`);
    });
  }
});

describe("client: the list of tenants", () => {
  it("leaves the length of a page to the API", async () => {
    const sent = await withAnswers([json(page([]))], async ({ api, sent }) => {
      await api.listTenants();
      return sent;
    });
    assert.equal(sent[0]?.url.href, `${apiUrl}/tenants`);
  });

  it("contains the tenants of every page", async () => {
    const pages = [
      json(page(["t-1", "t-2"], { href: "/tenants?limit=20&after_id=t-2" })),
      json(page(["t-3"], { href: "/tenants?limit=20&after_id=t-3" })),
      json(page(["t-4"])),
    ];
    const tenants = await withAnswers(pages, ({ api }) => api.listTenants());
    assert.deepEqual(
      tenants.map(({ tenantId }) => tenantId),
      ["t-1", "t-2", "t-3", "t-4"],
    );
  });

  it("is read once for those who ask at the same time, and again for one who asks later", async () => {
    const answers = [json(page(["t-1"])), json(page(["t-1", "t-2"]))];
    const lists = await withAnswers(answers, async ({ api }) => [
      ...(await Promise.all(Array.from({ length: 20 }, () => api.listTenants()))),
      await api.listTenants(),
    ]);
    assert.deepEqual(
      lists.map((list) => list.length),
      [...Array.from({ length: 20 }, () => 1), 2],
    );
  });

  it("follows a link of any length", async () => {
    const href = `/tenants?after_id=${"t".repeat(2000)}`;
    const pages = [json(page(["t-1"], { href })), json(page(["t-2"]))];
    const sent = await withAnswers(pages, async (scripted) => {
      await scripted.api.listTenants();
      return scripted.sent;
    });
    assert.equal(sent[1]?.url.href, `${apiUrl}${href}`);
  });

  it("continues after an empty page with a next one", async () => {
    const pages = [json(page([], { href: "/tenants?after_id=t-1" })), json(page(["t-2"]))];
    assert.equal((await withAnswers(pages, ({ api }) => api.listTenants())).length, 1);
  });

  for (const next of [null, {}, { href: null }, { href: "" }]) {
    it(`ends if next is ${JSON.stringify(next)}`, async () => {
      const answer = [json(page(["t-1"], next))];
      assert.equal((await withAnswers(answer, ({ api }) => api.listTenants())).length, 1);
    });
  }

  it("is refused if its pages form a circle", async () => {
    const pages = [
      json(page(["t-1"], { href: "/tenants?after_id=t-1" })),
      json(page(["t-2"], { href: "/tenants?after_id=t-1" })),
    ];
    const error = await withAnswers(pages, ({ api }) => failureOf(api.listTenants()));
    assert.equal(error.code, "ANSWER_INVALID");
  });

  it("sends no token to another host in a page", async () => {
    const evil = page(["t-1"], { href: "https://evil.example.test/v0/tenants" });
    const pages = [json(evil, 200, { "x-request-id": "r-9" })];
    const error = await withAnswers(pages, ({ api }) => failureOf(api.listTenants()));
    assert.equal(error.code, "ANSWER_INVALID");
    assert.equal(error.status, 200);
    mentions(error.message, "r-9");
  });
});
