import assert from "node:assert/strict";

import type { Authentication } from "../../../provider/src/client/api";
import { sameMembers } from "../../../provider/src/client/as-asked";
import { mayHaveHappened, type TenantManagementError } from "../../../provider/src/client/errors";
import type { ApiTenant, NewApplication } from "../../../provider/src/client/schemas";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { json, withAnswers } from "../../support/scripted-api";

const scopes = ["documents.submissions.read", "documents.submissions.write"];
const bySecret: Authentication = { type: "CLIENT_SECRET" };
const byKey = { type: "EC", alg: "ES256", x: 1n, y: 2n, keyId: "k-1" } as const satisfies Authentication;
const secret = { type: "CLIENT_SECRET", client_secret: "s3cret" };

const application = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: "a-1",
  client_id: "c-1",
  auth_server: "https://id.example.test/oauth2/eu",
  cell: "eu-1",
  scopes,
  credentials: secret,
  ...change,
});
const tenant = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: "t-1",
  name: "acme",
  created: "2030-01-01T00:00:00Z",
  updated: "2030-01-01T00:00:00Z",
  cells: ["eu-1", "us-1"],
  ...change,
});

describe("client: a new application", () => {
  const create = <T>(
    change: Record<string, unknown>,
    authentication: Authentication,
    then: (made: Promise<NewApplication>) => Promise<T>,
  ): Promise<T> =>
    withAnswers([json(application(change), 201, { "x-request-id": "r-1" })], ({ api }) =>
      then(api.createApplication("t-1", { cell: "eu-1", scopes, authentication })),
    );
  const refusal = (
    change: Record<string, unknown>,
    authentication: Authentication = bySecret,
  ): Promise<TenantManagementError> => create(change, authentication, failureOf);

  const differences: Record<string, [Record<string, unknown>, Authentication, string[]]> = {
    "a key where a secret was asked for": [
      { credentials: { type: "RSA", alg: "RS256", kid: "k" } },
      bySecret,
      ["credentials.type", "RSA", "CLIENT_SECRET"],
    ],
    "a secret where a key was given": [
      { credentials: secret },
      byKey,
      ["credentials.type", "CLIENT_SECRET", "EC"],
    ],
    "a key of another kind": [
      { credentials: { type: "RSA", alg: "RS256", kid: "k-1" } },
      byKey,
      ["credentials.type", "RSA", "EC"],
    ],
    "a key of another id": [
      { credentials: { type: "EC", alg: "ES256", kid: "k-2" } },
      byKey,
      ["credentials.kid", "k-2", "k-1"],
    ],
    "another cell": [{ cell: "us-1" }, bySecret, ["cell", "us-1", "eu-1"]],
    "fewer scopes": [
      { scopes: [scopes[0]] },
      bySecret,
      ["scopes", `[${scopes[0]!}]`, `[${scopes.join(", ")}]`],
    ],
    "more scopes": [
      { scopes: [...scopes, "admin"] },
      bySecret,
      ["scopes", `[${scopes.join(", ")}, admin]`, `[${scopes.join(", ")}]`],
    ],
    "a server that others can listen to": [
      { auth_server: "https://evil.example/as", _links: { token_url: "https://id.example.test/token" } },
      bySecret,
      ["auth_server", "https://evil.example/as", "testing"],
    ],
  };
  for (const [what, [change, authentication, names]] of Object.entries(differences)) {
    it(`is not taken as whole with ${what}`, async () => {
      const error = await refusal(change, authentication);
      assert.deepEqual(
        [error.code, mayHaveHappened(error), error.made?.objectId, error.made?.clientId],
        ["ANSWER_INVALID", true, "a-1", "c-1"],
      );
      // What else differs is looked at again.
      const { credentialsDiffer, refusals } = error.made ?? {};
      if (names[0]?.startsWith("credentials.") === true) mentions(credentialsDiffer, ...names);
      else assert.equal(credentialsDiffer, undefined);
      const hosts = names[0] === "auth_server" ? ["evil.example"] : [];
      assert.deepEqual(
        refusals?.map(({ host }) => host),
        hosts,
      );
      mentions(error.message, "create an application", "testing", "eu-1", "t-1", "201", "r-1", ...names);
    });
  }

  it("keeps a credential that came with a difference, and does not show it", async () => {
    const error = await refusal({ cell: "us-1" });
    assert.equal(error.made?.clientSecret, "s3cret");
    assert.doesNotMatch(error.message, /s3cret/);
  });

  it("is complete with its scopes in another order, and twice", async () => {
    const [first, second] = scopes;
    const made = await create({ scopes: [second, first, second] }, bySecret, (call) => call);
    assert.equal(made.applicationId, "a-1");
  });

  it("is complete with a key id that is escaped or shortened in a message", async () => {
    for (const keyId of ["k\u202e1", "\u200b".repeat(200), "ключ 1"]) {
      const credentials = { type: "EC", alg: "ES256", kid: keyId };
      const made = await create({ credentials }, { ...byKey, keyId }, (call) => call);
      assert.equal(made.applicationId, "a-1");
    }
  });
});

describe("client: a new tenant", () => {
  const create = <T>(
    change: Record<string, unknown>,
    cells: string[] | undefined,
    then: (made: Promise<ApiTenant>) => Promise<T>,
  ): Promise<T> =>
    withAnswers([json(tenant(change), 201)], ({ api }) =>
      then(api.createTenant({ name: "acme", ...(cells === undefined ? {} : { cells }) })),
    );

  it("is incomplete with another name", async () => {
    const error = await create({ name: "other" }, undefined, failureOf);
    assert.deepEqual([error.code, error.made?.objectId], ["ANSWER_INVALID", "t-1"]);
    mentions(error.message, 'create tenant "acme"', "201", '"name"', '"other"', '"acme"');
  });

  it("is incomplete with a Web UI at a host that is not allowed", async () => {
    const _links = { "documents-ui": [{ href: "acme.documents.resistant.ai.evil.example", rel: "eu-1" }] };
    const error = await create({ _links }, undefined, failureOf);
    assert.deepEqual(
      [error.code, error.made?.objectId, error.made?.refusals?.map(({ host }) => host)],
      ["ANSWER_INVALID", "t-1", ["acme.documents.resistant.ai.evil.example"]],
    );
    mentions(error.message, "documents-ui of eu-1", "https://acme.documents.resistant.ai.evil.example");
  });

  it("is complete with other cells than requested: that is reported as drift", async () => {
    const made = await create({ cells: ["eu-1"] }, ["eu-1", "us-1"], (call) => call);
    assert.deepEqual(made.cells, ["eu-1"]);
  });
});

describe("client: two lists with the same members", () => {
  it("may have them in any order, and more than once", () => {
    assert.equal(sameMembers(["a", "b"], ["b", "a", "b"]), true);
    assert.equal(sameMembers([], []), true);
    for (const other of [["a"], ["a", "c"], ["a", "a"], ["a", "b", "c"]])
      assert.equal(sameMembers(["a", "b"], other), false, other.join());
  });
});
