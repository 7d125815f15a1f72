import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";

import type { Properties } from "../../../provider/src/dynamic/engine/inputs";
import { useVariables } from "../../support/environment";
import { useServer } from "../../support/http-server";
import { useJournalFile } from "../../support/journal-file";
import { mentions } from "../../support/mentions";
import { type NewRun, newRun } from "./process";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicKey = ec.publicKey.export({ type: "spki", format: "pem" }).toString();
const scopes = ["documents.submissions.read", "documents.submissions.write"];
const evil = "https://evil.example/oauth2/v1/token";

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

describe("what the API answers with hosts that are not allowed", () => {
  const server = useServer();
  const journal = useJournalFile();
  useVariables(() => ({ TENANTS_ALLOWED_HOSTS: undefined }));
  /** What the API answers, by method and path below the base URL. */
  let answers: Record<string, unknown>;
  let created: number;
  const tenantId = "t-1";
  const slot = { stack: "organization/project/dev", name: "acme" };
  let provider: NewRun;

  /** Begins a run of the engine. */
  function start(change: Record<string, string> = {}, allowed?: string): void {
    if (allowed !== undefined) process.env["TENANTS_ALLOWED_HOSTS"] = allowed;
    provider = newRun();
    const settings: Record<string, string> = {
      "tenants:stage": "testing",
      "tenants:apiUrl": server.url("/v0").href,
      "tenants:tokenUrl": server.url("/token").href,
      "tenants:clientId": "organization-client",
      "tenants:privateKey": privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      "tenants:journal": journal.file,
      "tenants:journalDiskIsKept": "true",
      ...change,
    };
    provider.configure({ config: { get: (key) => settings[key] } });
  }

  beforeEach(() => {
    answers = {};
    created = 0;
    server.answerWith((request, response) => {
      response.setHeader("content-type", "application/json");
      if (request.url === "/token") {
        response.end(JSON.stringify({ access_token: "t", token_type: "Bearer", expires_in: 3600 }));
        return;
      }
      const answer = answers[`${request.method} ${(request.url ?? "").replace("/v0/", "")}`];
      if (request.method === "POST") created += 1;
      response.statusCode = answer === undefined ? 404 : request.method === "POST" ? 201 : 200;
      response.end(JSON.stringify(answer ?? { message: "none" }));
    });
    start();
  });

  describe("of an application", () => {
    const collection = `tenants/${tenantId}/applications`;
    let inputs: Properties;
    beforeEach(() => {
      inputs = { tenantId, cell: "eu-1", slot, __provider: "code" };
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

    /** Begins another run, in which the API tells this of the application. */
    function told(application: Record<string, unknown>, allowed?: string): void {
      answers[`GET ${collection}`] = { items: [application] };
      start({}, allowed);
    }

    async function create(change: Record<string, unknown>): Promise<Failure> {
      answers[`GET ${collection}`] = { items: [] };
      answers[`POST ${collection}`] = asTold({ ...change, credentials: secret });
      const failure = await failureOf(provider.tenantApplication.create(inputs));
      told(asTold(change));
      return failure;
    }

    for (const [name, change] of [
      ["token_url", { _links: { token_url: evil } }],
      ["auth_server", { auth_server: "https://evil.example/as" }],
    ] as const) {
      it(`leave a new one partly created with its secret, never create it twice, and let it be completed: ${name}`, async () => {
        const { id, message, properties: state = {} } = await create(change);
        assert.equal(id, "a-1", message);
        assert.ok(message.includes(`"${name}" is "https://evil.example/`), message);
        mentions(message, "export TENANTS_ALLOWED_HOSTS='evil.example'", "pulumi up");
        assert.doesNotMatch(message, /s3cret|replaceLostApplications/);
        assert.deepEqual(
          ["isPartlyMade", "clientSecret", "tokenUrl", "authServer", "differs"].map((key) => state[key]),
          [true, "s3cret", undefined, undefined, undefined],
        );

        // Neither another update nor the leave to replace lost ones makes one anew.
        for (const more of [{}, { "tenants:replaceLostApplications": "true" }]) {
          start(more);
          assert.deepEqual(await provider.tenantApplication.diff("a-1", state, inputs), {
            changes: true,
            replaces: [],
          });
          const again = await failureOf(provider.tenantApplication.update("a-1", state, inputs));
          assert.deepEqual(again.properties, { ...state, __provider: "code" });
          assert.match(again.message, /TENANTS_ALLOWED_HOSTS='evil\.example'/);
          assert.match(
            (await failureOf(provider.tenantApplication.read("a-1", state))).message,
            /evil\.example/,
          );
        }
        assert.equal(created, 1);

        start({}, "evil.example");
        const { outs } = await provider.tenantApplication.update("a-1", state, inputs);
        assert.deepEqual([outs["isPartlyMade"], outs["clientSecret"]], [undefined, "s3cret"]);
        assert.match(String(outs["tokenUrl"]), /^https:\/\/evil\.example\//);
        assert.equal(created, 1);
      });
    }

    it("also let it be completed once the API returns others", async () => {
      const { properties: state = {} } = await create({ _links: { token_url: evil } });
      told(asTold());
      const { outs } = await provider.tenantApplication.update("a-1", state, inputs);
      assert.deepEqual([outs["isPartlyMade"], outs["clientSecret"]], [undefined, "s3cret"]);
    });

    it("fail a refresh, so that the state keeps what it has, and an error names the host to allow", async () => {
      answers[`GET ${collection}`] = { items: [] };
      answers[`POST ${collection}`] = asTold({ credentials: secret });
      const { outs } = await provider.tenantApplication.create(inputs);
      told(asTold({ _links: { token_url: evil } }));
      const { message } = await failureOf(provider.tenantApplication.read("a-1", outs));
      mentions(message, "a-1", "token_url", "export TENANTS_ALLOWED_HOSTS='evil.example'");
      start({}, "evil.example:443");
      const { props } = await provider.tenantApplication.read("a-1", outs);
      assert.equal(props["tokenUrl"], evil);
    });

    it("leave a recovered one partly created", async () => {
      inputs = { ...inputs, authMethod: "EC", publicKey };
      answers[`GET ${collection}`] = { items: [] };
      server.answerWith((request, response) => {
        response.setHeader("content-type", "application/json");
        if (request.url === "/token") {
          response.end(JSON.stringify({ access_token: "t", token_type: "Bearer", expires_in: 3600 }));
        } else if (request.method === "POST") {
          created += 1;
          answers[`GET ${collection}`] = { items: [asTold({ _links: { token_url: evil } })] };
          request.socket.destroy();
        } else response.end(JSON.stringify(answers[`GET ${collection}`]));
      });
      const {
        id,
        message,
        properties: state = {},
      } = await failureOf(provider.tenantApplication.create(inputs));
      assert.deepEqual(
        [id, created, state["isPartlyMade"], state["tokenUrl"]],
        ["a-1", 1, true, undefined],
        message,
      );
      start({}, "evil.example");
      const { outs } = await provider.tenantApplication.update("a-1", state, inputs);
      assert.deepEqual([outs["isPartlyMade"], outs["tokenUrl"], created], [undefined, evil, 1]);
    });

    it("refuse its adoption before any secret is read", async () => {
      told(asTold({ _links: { token_url: evil } }));
      const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:theirs-AbCdEf";
      const adopting = { ...inputs, adopt: { applicationId: "a-1", secretArn } };
      const { id, message } = await failureOf(provider.tenantApplication.create(adopting));
      assert.equal(id, undefined);
      mentions(message, "a-1", "evil.example", "TENANTS_ALLOWED_HOSTS");
    });
  });

  describe("of a tenant", () => {
    let inputs: Properties;
    beforeEach(() => {
      inputs = { name: slot.name, slot, __provider: "code" };
    });
    const foreign = { "documents-ui": [{ href: "acme.documents.evil.example", rel: "eu-1" }] };
    const own = { "documents-ui": [{ href: "acme-x.documents.testing.resistant.ai", rel: "eu-1" }] };
    const asTold = (_links: unknown): Record<string, unknown> => ({
      id: tenantId,
      name: slot.name,
      created: "2030-01-01T00:00:00Z",
      updated: "2030-01-01T00:00:00Z",
      cells: ["eu-1"],
      _links,
    });

    it("leave a new one partly created, and let it be completed", async () => {
      answers["POST tenants"] = asTold(foreign);
      answers[`GET tenants/${tenantId}`] = asTold(foreign);
      const { id, message, properties: state = {} } = await failureOf(provider.tenant.create(inputs));
      assert.deepEqual([id, state["isPartlyMade"], state["webUiUrls"]], [tenantId, true, undefined], message);
      mentions(message, "documents-ui of eu-1", "TENANTS_ALLOWED_HOSTS='acme.documents.evil.example'");
      const again = await failureOf(provider.tenant.update(tenantId, state, inputs));
      assert.deepEqual(again.properties, { ...state, __provider: "code" });
      start({}, "*.evil.example");
      const { outs } = await provider.tenant.update(tenantId, state, inputs);
      assert.deepEqual(
        [outs["isPartlyMade"], outs["webUiUrls"]],
        [undefined, { "eu-1": "https://acme.documents.evil.example" }],
      );
      assert.equal(created, 1);
    });

    it("refuse its adoption", async () => {
      answers[`GET tenants/${tenantId}`] = asTold(foreign);
      const { id, message } = await failureOf(provider.tenant.create({ ...inputs, adopt: tenantId }));
      assert.equal(id, undefined);
      mentions(message, "evil.example");
    });

    it("fail a refresh, so that the state keeps what it has", async () => {
      answers["POST tenants"] = asTold(own);
      const { outs } = await provider.tenant.create(inputs);
      answers["GET tenants"] = {
        items: [asTold({ "documents-ui": [{ href: "http://acme.example", rel: "eu-1" }] })],
      };
      mentions(
        (await failureOf(provider.tenant.read(tenantId, outs))).message,
        "documents-ui of eu-1",
        "http://acme.example",
        "https",
      );
    });
  });

  it("record the hosts that the environment allows with each event, and nothing if it allows none", async () => {
    const asTold = {
      id: tenantId,
      name: slot.name,
      created: "2030-01-01T00:00:00Z",
      updated: "2030-01-01T00:00:00Z",
      cells: ["eu-1"],
    };
    answers["POST tenants"] = asTold;
    const inputs = { name: slot.name, slot };
    await provider.tenant.create(inputs);
    const recorded = async (): Promise<unknown[]> =>
      (await readFile(journal.file, "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { allowedHosts?: unknown }).allowedHosts)
        .slice(-2);
    assert.deepEqual(await recorded(), [undefined, undefined]);
    start({}, "*.ui.example.com, proxy.example:1");
    answers["POST tenants"] = { ...asTold, id: "t-2", name: "second" };
    await provider.tenant.create({ name: "second", slot: { ...slot, name: "second" } });
    const allowed = ["*.ui.example.com", "proxy.example:1"];
    assert.deepEqual(await recorded(), [allowed, allowed]);
  });
});
