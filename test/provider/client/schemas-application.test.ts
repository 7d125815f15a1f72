import assert from "node:assert/strict";

import { serverRefusals } from "../../../provider/src/client/as-asked";
import { applicationSchema, newApplicationSchema } from "../../../provider/src/client/schemas";
import { mentions } from "../../support/mentions";

const answer = {
  id: "a-1",
  client_id: "0oa1",
  auth_server: "https://id.example.test/oauth2/eu",
  cell: "eu-1",
  scopes: ["documents.submissions.read"],
};

function tokenUrl(change: Record<string, unknown>): string {
  return applicationSchema.parse({ ...answer, ...change }).tokenUrl;
}

function problemPaths(change: Record<string, unknown>): string[] {
  const parsed = newApplicationSchema.safeParse({
    ...answer,
    credentials: { type: "CLIENT_SECRET", client_secret: "s" },
    ...change,
  });
  return (parsed.error?.issues ?? []).map(({ path }) => path.join("."));
}

describe("client: an application's token URL", () => {
  it("is the API's link, if it is text", () => {
    assert.equal(
      tokenUrl({ _links: { token_url: "https://id.example.test/token" } }),
      "https://id.example.test/token",
    );
  });

  it("is the API's link, if it is an object", () => {
    const link = { _links: { token_url: { href: "https://id.example.test/token", rel: "token_url" } } };
    assert.equal(tokenUrl(link), "https://id.example.test/token");
  });

  for (const links of [undefined, null, {}, { token_url: null }, { token_url: "" }]) {
    it(`is built from auth_server if _links is ${JSON.stringify(links)}`, () => {
      assert.equal(tokenUrl({ _links: links }), "https://id.example.test/oauth2/eu/v1/token");
    });
  }

  it("is built from an auth_server that ends with a slash", () => {
    assert.equal(
      tokenUrl({ auth_server: "https://id.example.test/oauth2/eu/" }),
      "https://id.example.test/oauth2/eu/v1/token",
    );
  });
});

describe("client: the answer for an application", () => {
  it("is read into the field's own names", () => {
    assert.deepEqual(applicationSchema.parse(answer), {
      applicationId: "a-1",
      clientId: "0oa1",
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      authServer: "https://id.example.test/oauth2/eu",
      tokenUrl: "https://id.example.test/oauth2/eu/v1/token",
    });
  });

  it("may have unknown fields", () => {
    assert.deepEqual(problemPaths({ region: "eu", _links: { self: { href: "/x" } } }), []);
  });

  for (const field of [...Object.keys(answer), "credentials"]) {
    it(`to a create is refused without ${field}, which is named`, () => {
      assert.deepEqual(problemPaths({ [field]: undefined }), [field]);
    });
  }

  for (const field of ["id", "client_id"]) {
    it(`is refused with a slash in ${field}`, () => {
      assert.deepEqual(problemPaths({ [field]: "a/../b" }), [field]);
    });
  }
});

describe("client: an application's servers", () => {
  const read = (change: Record<string, unknown>) => applicationSchema.parse({ ...answer, ...change });
  const refusalsOf = (change: Record<string, unknown>): string[] =>
    serverRefusals(read(change), { stage: "testing", allowedHosts: ["id.example.test"] }).map(
      ({ problem }) => problem,
    );
  const noServiceUrls = [
    "http://evil.example/as",
    "//evil.example/as",
    "javascript:alert(1)",
    "https://user:pass@id.example.test/as",
    "https://id.example.test/as?to=evil",
    "https://evil.example/as",
    "id.example.test.evil.example/as",
  ];
  for (const url of noServiceUrls) {
    it(`are reported as unusable, without hiding the others of a list, if one is ${JSON.stringify(url)}`, () => {
      mentions(refusalsOf({ auth_server: url }).join(), '"auth_server"', "https");
      for (const link of [url, { href: url }]) {
        const [refusal = "", ...others] = refusalsOf({ _links: { token_url: link } });
        mentions(refusal, '"token_url"', "https");
        assert.deepEqual(others, []);
      }
    });
  }

  it("may come without a scheme, as the links to the Web UI do", () => {
    const { authServer, tokenUrl: url } = read({ auth_server: "id.example.test/oauth2/eu" });
    assert.deepEqual(
      [authServer, url],
      ["https://id.example.test/oauth2/eu", "https://id.example.test/oauth2/eu/v1/token"],
    );
  });

  it("may use plain http on loopback, where a sandbox listens", () => {
    assert.deepEqual(refusalsOf({ auth_server: "http://127.0.0.1:4000/oauth2/eu" }), []);
  });
});

describe("client: the credentials of a new application", () => {
  const read = (credentials: unknown): unknown =>
    newApplicationSchema.parse({ ...answer, credentials }).credentials;

  it("are a client secret", () => {
    assert.deepEqual(read({ type: "CLIENT_SECRET", client_secret: "s3cret" }), {
      type: "CLIENT_SECRET",
      clientSecret: "s3cret",
    });
  });

  for (const [type, alg] of [
    ["RSA", "RS256"],
    ["EC", "ES256"],
  ]) {
    it(`are a key id of type ${type}`, () => {
      assert.deepEqual(read({ type, alg, kid: "k-1" }), { type, alg, keyId: "k-1" });
    });
  }

  const refused: Record<string, { credentials: unknown; path: string }> = {
    "no secret": { credentials: { type: "CLIENT_SECRET" }, path: "credentials.client_secret" },
    "an empty secret": {
      credentials: { type: "CLIENT_SECRET", client_secret: "" },
      path: "credentials.client_secret",
    },
    "no key id": { credentials: { type: "RSA", alg: "RS256" }, path: "credentials.kid" },
    "a type that nobody knows": { credentials: { type: "MTLS" }, path: "credentials.type" },
  };
  for (const [what, { credentials, path }] of Object.entries(refused)) {
    it(`are refused with ${what}, at ${path}`, () => {
      assert.deepEqual(problemPaths({ credentials }), [path]);
    });
  }
});
