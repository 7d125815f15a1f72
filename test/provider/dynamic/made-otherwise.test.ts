import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Properties } from "../../../provider/src/dynamic/engine/inputs";
import { useServer } from "../../support/http-server";
import { mentions } from "../../support/mentions";
import { useWarnings } from "../../support/warnings";
import { newRun } from "./process";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const scopes = ["documents.submissions.read", "documents.submissions.write"];

/** What the engine is told of a failed create or update. */
interface Failure extends Error {
  id?: string;
  properties?: Properties;
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof Error, "should have failed");
  return outcome;
}

describe("an object created otherwise than requested", () => {
  const { run, configure, tenant, tenantApplication } = newRun();
  const server = useServer();
  const warnings = useWarnings();
  /** What the API answers, by method and path below the base URL. */
  let answers: Record<string, unknown>;
  /** Of the suite: the provider keeps its journal open. */
  let directory: string;
  /** Each test has ids of its own: the provider keeps what one run of the engine has learnt. */
  let tenantId: string;
  let slot: { stack: string; name: string };
  let tests = 0;

  function configureWith(change: Record<string, string> = {}): void {
    const settings: Record<string, string> = {
      "tenants:stage": "testing",
      "tenants:apiUrl": server.url("/v0").href,
      "tenants:tokenUrl": server.url("/token").href,
      "tenants:clientId": "organization-client",
      "tenants:privateKey": privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      "tenants:journal": path.join(directory, "journal.jsonl"),
      "tenants:journalDiskIsKept": "true",
      ...change,
    };
    configure({ config: { get: (key) => settings[key] } });
  }

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "journal-"));
  });
  after(async () => {
    await rm(directory, { recursive: true });
  });
  beforeEach(() => {
    tests += 1;
    tenantId = `t-${tests}`;
    slot = { stack: "organization/project/dev", name: `customer${tests}` };
    answers = {};
    server.answerWith((request, response) => {
      response.setHeader("content-type", "application/json");
      if (request.url === "/token") {
        response.end(JSON.stringify({ access_token: "t", token_type: "Bearer", expires_in: 3600 }));
        return;
      }
      const answer = answers[`${request.method} ${(request.url ?? "").replace("/v0/", "")}`];
      response.statusCode = answer === undefined ? 404 : request.method === "POST" ? 201 : 200;
      response.end(JSON.stringify(answer ?? { message: "none" }));
    });
    configureWith();
  });

  describe("an application", () => {
    let inputs: Properties;
    let collection: string;
    beforeEach(() => {
      inputs = { tenantId, cell: "eu-1", slot, __provider: "code" };
      collection = `tenants/${tenantId}/applications`;
    });
    const asTold = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
      id: "a-1",
      client_id: "c-1",
      auth_server: server.url("/oauth2/eu").href,
      cell: "eu-1",
      scopes,
      ...change,
    });
    const secret = { type: "CLIENT_SECRET", client_secret: "s3cret" };
    const rsa = { type: "RSA", alg: "RS256", kid: "k" };

    async function create(made: Record<string, unknown>): Promise<Failure> {
      answers[`GET ${collection}`] = { items: [] };
      answers[`POST ${collection}`] = made;
      const failure = await failureOf(tenantApplication.create(inputs));
      answers[`GET ${collection}`] = { items: [{ ...made, credentials: undefined }] };
      run.known.forgetApplicationsOf(tenantId);
      return failure;
    }

    const cases: Record<string, [Record<string, unknown>, string]> = {
      "of another cell": [{ cell: "us-1", credentials: secret }, '"cell" is "us-1", not "eu-1"'],
      "with a key, not a secret": [{ credentials: rsa }, '"credentials.type" is "RSA", not "CLIENT_SECRET"'],
    };
    for (const [what, [change, difference]] of Object.entries(cases)) {
      const isOfCredentials = difference.startsWith('"credentials');

      it(`is kept in the state ${what}, and is never completed`, async () => {
        const created = await create(asTold(change));
        assert.equal(created.id, "a-1", created.message);
        assert.ok(created.message.includes(difference), created.message);
        mentions(created.message, "`pulumi up`");
        assert.equal(created.message.includes("replaceLostApplications true"), isOfCredentials);
        assert.doesNotMatch(created.message, /s3cret/);
        const state = created.properties ?? {};
        assert.deepEqual(
          [state["isPartlyMade"], state["differs"], state["cell"]],
          [true, isOfCredentials ? difference : undefined, "eu-1"],
        );
        const updated = await failureOf(tenantApplication.update("a-1", state, inputs));
        assert.ok(updated.message.includes(difference), updated.message);
        assert.match(updated.message, /tenants:replaceLostApplications true/);
        assert.equal(updated.properties?.["differs"], difference);
        const { props } = await tenantApplication.read("a-1", state);
        assert.deepEqual([props["isPartlyMade"], props["differs"]], [true, difference]);
      });

      it(`is replaced ${what} only if that is allowed, after another look`, async () => {
        const created = (await create(asTold(change))).properties ?? {};
        const { properties: state = {} } = await failureOf(tenantApplication.update("a-1", created, inputs));
        const diff = await tenantApplication.diff("a-1", state, inputs);
        assert.deepEqual([diff.changes, diff.replaces], [true, []]);
        configureWith({ "tenants:replaceLostApplications": "true" });
        const allowed = await tenantApplication.diff("a-1", state, inputs);
        assert.ok(allowed.replaces.includes("differs"), allowed.replaces.join());
        const first = await tenantApplication.diff("a-1", created, inputs);
        assert.equal(first.replaces.includes("differs"), isOfCredentials);
      });
    }

    it("is completed if the API returns the rest a little later", async () => {
      const { properties: state = {} } = await create(asTold({ scopes: [], credentials: secret }));
      const { properties: looked = {} } = await failureOf(tenantApplication.update("a-1", state, inputs));
      assert.equal(looked["differs"], `"scopes" is [], not [${scopes.join(", ")}]`);
      answers[`GET ${collection}`] = { items: [asTold()] };
      run.known.forgetApplicationsOf(tenantId);
      const { outs } = await tenantApplication.update("a-1", looked, inputs);
      assert.deepEqual(
        [outs["isPartlyMade"], outs["differs"], outs["clientSecret"]],
        [undefined, undefined, "s3cret"],
      );
    });

    it("keeps its secret if that arrived", async () => {
      const { properties } = await create(asTold({ cell: "us-1", credentials: secret }));
      assert.equal(properties?.["clientSecret"], "s3cret");
    });

    it("is found to differ when it is completed, and is then kept as such", async () => {
      const { properties: state = {} } = await create(asTold({ cell: undefined, credentials: secret }));
      assert.deepEqual([state["isPartlyMade"], state["differs"]], [true, undefined]);
      answers[`GET ${collection}`] = { items: [asTold({ scopes: [scopes[0]] })] };
      const { id, message, properties } = await failureOf(tenantApplication.update("a-1", state, inputs));
      const difference = `"scopes" is [${scopes[0]!}], not [${scopes.join(", ")}]`;
      assert.equal(id, "a-1");
      assert.ok(message.includes(difference), message);
      assert.deepEqual(
        ["differs", "isPartlyMade", "clientSecret", "clientId", "__provider"].map(
          (name) => properties?.[name],
        ),
        [difference, true, "s3cret", "c-1", "code"],
      );
    });

    it("is completed if it is as requested", async () => {
      const { properties: state = {} } = await create(asTold({ cell: undefined, credentials: secret }));
      answers[`GET ${collection}`] = { items: [asTold()] };
      const { outs } = await tenantApplication.update("a-1", state, inputs);
      assert.deepEqual(
        [outs["isPartlyMade"], outs["differs"], outs["clientId"]],
        [undefined, undefined, "c-1"],
      );
    });
  });

  describe("a tenant", () => {
    let inputs: Properties;
    beforeEach(() => {
      inputs = { name: "acme", slot, __provider: "code" };
    });
    const asTold = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
      id: tenantId,
      name: "acme",
      created: "2030-01-01T00:00:00Z",
      updated: "2030-01-01T00:00:00Z",
      cells: ["eu-1"],
      ...change,
    });

    async function create(made: Record<string, unknown>, change: Properties = {}): Promise<Failure> {
      answers["POST tenants"] = made;
      answers[`GET tenants/${tenantId}`] = made;
      return failureOf(tenant.create({ ...inputs, ...change }));
    }

    it("of another name is kept in the state under that name: a replacement, if allowed", async () => {
      const { id, properties: partly = {} } = await create(asTold({ name: "other" }));
      assert.deepEqual([id, partly["isPartlyMade"], partly["name"]], [tenantId, true, "acme"]);
      assert.equal((await tenant.diff(tenantId, partly, inputs)).changes, true);
      const updated = await failureOf(tenant.update(tenantId, partly, inputs));
      mentions(updated.message, '"other"', '"acme"', "allowReplace: true");
      const state = updated.properties ?? {};
      assert.deepEqual(
        [updated.id, state["name"], state["isPartlyMade"], state["__provider"]],
        [tenantId, "other", undefined, "code"],
      );
      const refused = await failureOf(tenant.diff(tenantId, state, inputs));
      mentions(refused.message, '"other"', "allowReplace");
      const allowed = await tenant.diff(tenantId, state, { ...inputs, allowReplace: true });
      assert.deepEqual(allowed.replaces, ["name"]);
    });

    it("with other cells is created, and reported like any drift", async () => {
      answers["POST tenants"] = asTold();
      const { outs } = await tenant.create({ ...inputs, cells: ["eu-1", "us-1"] });
      assert.deepEqual([outs["cells"], outs["declaredCells"]], [["eu-1"], ["eu-1", "us-1"]]);
      mentions(String(warnings), "eu-1, us-1", "uiCells: [eu-1]");
    });

    it("without requested cells is completed without a message", async () => {
      const { properties: state = {} } = await create(asTold({ created: undefined }));
      answers[`GET tenants/${tenantId}`] = asTold();
      const { outs } = await tenant.update(tenantId, state, inputs);
      assert.deepEqual([outs["cells"], outs["isPartlyMade"]], [["eu-1"], undefined]);
    });
  });
});
