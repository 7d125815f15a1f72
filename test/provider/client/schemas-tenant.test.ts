import assert from "node:assert/strict";

import { linkRefusals } from "../../../provider/src/client/as-asked";
import { tenantSchema } from "../../../provider/src/client/schemas";

const answer = {
  id: "t-1",
  name: "acme",
  created: "2030-01-01T00:00:00Z",
  updated: "2030-01-02T00:00:00Z",
  cells: ["eu-1", "us-1"],
};

function webUiUrls(links: unknown): unknown {
  return tenantSchema.parse({ ...answer, _links: { "documents-ui": links } }).webUiUrls;
}

function problemPaths(change: Record<string, unknown>): string[] {
  return (tenantSchema.safeParse({ ...answer, ...change }).error?.issues ?? []).map(({ path }) =>
    path.join("."),
  );
}

describe("client: a tenant's Web UI links", () => {
  const eu = { href: "acme-partner.documents.resistant.ai", rel: "eu-1" };
  const us = { href: "acme-partner.us-1.documents.resistant.ai", rel: "us-1" };
  const both = {
    "eu-1": "https://acme-partner.documents.resistant.ai",
    "us-1": "https://acme-partner.us-1.documents.resistant.ai",
  };

  it("are read from an array", () => {
    assert.deepEqual(webUiUrls([eu, us]), both);
  });

  it("are read from one object", () => {
    assert.deepEqual(webUiUrls(eu), { "eu-1": both["eu-1"] });
  });

  it("are read from an object by cell", () => {
    assert.deepEqual(webUiUrls({ "eu-1": { href: eu.href }, "us-1": us }), both);
  });

  it("are read from texts by cell", () => {
    assert.deepEqual(webUiUrls({ "eu-1": eu.href, "us-1": us.href }), both);
  });

  it("are unchanged if they already have a scheme", () => {
    assert.deepEqual(webUiUrls([{ href: "https://ui.example.test/acme", rel: "eu-1" }]), {
      "eu-1": "https://ui.example.test/acme",
    });
  });

  const absent: Record<string, unknown> = {
    "no _links": {},
    "_links that are null": { _links: null },
    "_links without them": { _links: {} },
    "links that are null": { _links: { "documents-ui": null } },
    "no link in the array": { _links: { "documents-ui": [] } },
    "a text for links": { _links: { "documents-ui": "acme.example.test" } },
    "a number for links": { _links: { "documents-ui": 5 } },
  };
  for (const [what, change] of Object.entries(absent)) {
    it(`are empty if the answer has ${what}`, () => {
      assert.deepEqual(tenantSchema.parse({ ...answer, ...(change as object) }).webUiUrls, {});
    });
  }

  const unusable: Record<string, unknown> = {
    "no cell": { href: "acme.example.test" },
    "a cell that nobody knows": { href: "acme.example.test", rel: "eu-9" },
    "nothing in it": { href: "", rel: "eu-1" },
    "a number for its address": { href: 5, rel: "eu-1" },
  };
  for (const [what, link] of Object.entries(unusable)) {
    it(`leave out one that has ${what}, and keep the others`, () => {
      assert.deepEqual(webUiUrls([link, us]), { "us-1": both["us-1"] });
    });
  }

  const refused: Record<string, string> = {
    "no TLS": "http://acme.example.test",
    "a script in it": "javascript:alert(1)",
    "a user in it": "https://user:password@acme.example.test",
    "a space in its host": "acme example.test",
    "a control character in it": "acme\u001b.example.test",
    "upper case in it": "ACME.example.test",
  };
  for (const [what, href] of Object.entries(refused)) {
    it(`keep one that has ${what}, so that it is refused and not replaced`, () => {
      const read = tenantSchema.parse({ ...answer, _links: { "documents-ui": [{ href, rel: "eu-1" }, us] } });
      const refusals = linkRefusals(read, { stage: "production", allowedHosts: ["*.example.test"] });
      assert.deepEqual(
        [Object.keys(read.webUiUrls), refusals.length],
        [["eu-1", "us-1"], 1],
        JSON.stringify([read.webUiUrls, refusals]),
      );
    });
  }

  it("contain no control character", () => {
    assert.doesNotMatch(
      Object.values(webUiUrls([{ href: "acme\u001b[31m.example.test", rel: "eu-1" }]) as object).join(),
      // eslint-disable-next-line no-control-regex -- it is looked for
      /\u001b/,
    );
  });
});

describe("client: the answer for a tenant", () => {
  it("is read into the field's own names", () => {
    assert.deepEqual(tenantSchema.parse(answer), {
      tenantId: "t-1",
      name: "acme",
      cells: ["eu-1", "us-1"],
      createdAt: "2030-01-01T00:00:00Z",
      updatedAt: "2030-01-02T00:00:00Z",
      webUiUrls: {},
    });
  });

  it("may have unknown fields", () => {
    assert.deepEqual(problemPaths({ region: { name: "eu" }, status: "new" }), []);
  });

  it("may have unknown cells", () => {
    assert.deepEqual(tenantSchema.parse({ ...answer, cells: ["eu-1", "sa-1"] }).cells, ["eu-1", "sa-1"]);
  });

  for (const field of Object.keys(answer)) {
    it(`is refused without ${field}, which is named`, () => {
      assert.deepEqual(problemPaths({ [field]: undefined }), [field]);
    });
  }

  it("is refused with a cell that is not text, which is named", () => {
    assert.deepEqual(problemPaths({ cells: ["eu-1", 5] }), ["cells.1"]);
  });

  for (const id of [
    "",
    " ",
    "a/b",
    "a\\b",
    "a?b",
    "a#b",
    "a b",
    "a\nb",
    "\u001b[31m",
    "a\u0085",
    ".",
    "..",
    "x".repeat(257),
  ]) {
    it(`is refused with the id ${JSON.stringify(id).slice(0, 20)}`, () => {
      assert.deepEqual(problemPaths({ id }), ["id"]);
    });
  }

  for (const id of ["5b1cf6ab-6ac5-4a9e-9e8c-6d8e7a0c1f00", "t.1", "...", "ten_1~x", "x".repeat(256)]) {
    it(`may have the id ${JSON.stringify(id).slice(0, 40)}`, () => {
      assert.deepEqual(problemPaths({ id }), []);
    });
  }
});
