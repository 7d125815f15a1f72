import assert from "node:assert/strict";

import type { TenantManagementError } from "../../../provider/src/client/errors";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { json, type Step, tokenAnswer, withAnswers } from "../../support/scripted-api";

const application = {
  applicationId: "a-1",
  clientId: "c-1",
  cell: "eu-1",
  scopes: ["documents.submissions.read"],
  authServer: "https://eu.id.resistant.ai/oauth2/aus1",
};
const prove = <T>(
  tokenUrl: string,
  answers: readonly Step[],
  then: (proof: Promise<void>) => Promise<T>,
): Promise<{ result: T; hosts: string[] }> =>
  withAnswers(answers, async ({ api, sent }) => {
    const credentials = { type: "CLIENT_SECRET", clientSecret: "s3cret" } as const;
    const result = await then(api.proveCredentials("t-1", { ...application, tokenUrl }, credentials));
    return { result, hosts: sent.map(({ url }) => url.host) };
  });
const refusal = async (tokenUrl: string, ...answers: Step[]): Promise<TenantManagementError> =>
  (await prove(tokenUrl, answers, failureOf)).result;

describe("client: the proof of an application's credentials", () => {
  for (const host of ["eu.id.resistant.ai", "us-1.id.resistant.ai", "id.example.test"]) {
    it(`is requested at ${host}, a server of the vendor's or an allowed one`, async () => {
      const { hosts } = await prove(`https://${host}/v1/token`, [tokenAnswer("t")], (proof) => proof);
      assert.deepEqual(hosts, [host]);
    });
  }

  for (const tokenUrl of [
    "https://evil.example/v1/token",
    "https://id.resistant.ai.evil.example/v1/token",
    "https://evilid.resistant.ai/v1/token",
    "https://eu.id.resistant.ai:8443/v1/token",
    "https://api.documents.resistant.ai/v1/token",
    "http://eu.id.resistant.ai/v1/token",
    "nonsense",
  ]) {
    it(`sends nothing to ${tokenUrl}`, async () => {
      const error = await refusal(tokenUrl);
      assert.equal(error.code, "ANSWER_INVALID");
      mentions(error.message, "t-1", "eu-1", "testing", "a-1");
    });
  }

  it("names the stage, the tenant and the cell if it is refused", async () => {
    const answer = json({ error: "invalid_client" }, 401, { "x-okta-request-id": "r-3" });
    const error = await refusal("https://eu.id.resistant.ai/v1/token", answer, answer);
    mentions(
      error.message,
      "t-1",
      "eu-1",
      "testing",
      "a-1",
      "c-1",
      "401",
      "invalid_client",
      "x-okta-request-id r-3",
    );
  });
});

describe("client: the proof of a client secret", () => {
  const tokenUrl = "https://eu.id.resistant.ai/v1/token";
  const refused = json({ error: "invalid_client" }, 401);
  const proveWith = (clientSecret: string, answers: readonly Step[], clientId = "c1") =>
    withAnswers(answers, async ({ api, sent }) => {
      const proof = api.proveCredentials(
        "t-1",
        { ...application, clientId, tokenUrl },
        { type: "CLIENT_SECRET", clientSecret },
      );
      const error = await proof.then(
        () => undefined,
        (thrown: unknown) => thrown as TenantManagementError,
      );
      const ways = sent.map(({ headers, body }) =>
        headers["authorization"] === undefined ? new URLSearchParams(body).get("client_secret") : "basic",
      );
      return { error, ways };
    });

  for (const clientSecret of ["0jQKm_heHj4Ba7-IPXk1bZbnKvG5SV5B", "a b", "a%b", "a+b", "ü", "a:b"]) {
    it(`is tried in the body, too, if Basic may have been misread: ${clientSecret}`, async () => {
      const { error, ways } = await proveWith(clientSecret, [refused, tokenAnswer("t")]);
      assert.deepEqual([error, ways], [undefined, ["basic", clientSecret]]);
    });

    it(`is tried no third time: ${clientSecret}`, async () => {
      const { error, ways } = await proveWith(clientSecret, [refused, refused]);
      assert.deepEqual([error?.code, ways.length], ["TOKEN_REFUSED", 2]);
      assert.ok(!error?.message.includes(clientSecret));
    });
  }

  const unrecognized: Record<string, Step> = {
    "400": json({ error: "invalid_client" }, 400),
    "401 with a page": { status: 401, headers: { "content-type": "text/html" }, body: "<h1>401</h1>" },
    "401 with no body": { status: 401, headers: { "www-authenticate": "Basic" } },
    "401 with another form of JSON": json({ errorCode: "E0000011" }, 401),
  };
  for (const [what, answer] of Object.entries(unrecognized)) {
    it(`is tried in the body after ${what}, once`, async () => {
      const { error, ways } = await proveWith("a%2B+b", [answer, tokenAnswer("t")], "client:1");
      assert.deepEqual([error, ways], [undefined, ["basic", "a%2B+b"]]);
      assert.equal((await proveWith("a b", [answer, answer])).ways.length, 2);
    });
  }

  for (const [clientId, clientSecret] of [
    ["id:1", "a:b%c+d e"],
    ["0oa-ž", "pässwörd €"],
  ] as const) {
    it(`is form-encoded for Basic: ${clientId}`, async () => {
      const { sent } = await withAnswers([tokenAnswer("t")], async (scripted) => {
        const place = { ...application, clientId, tokenUrl };
        await scripted.api.proveCredentials("t-1", place, { type: "CLIENT_SECRET", clientSecret });
        return scripted;
      });
      const [, basic = ""] = /^Basic (\S+)$/.exec(sent[0]?.headers["authorization"] ?? "") ?? [];
      const decoded = new URLSearchParams(Buffer.from(basic, "base64").toString().replace(":", "="));
      assert.deepEqual([...decoded], [[clientId, clientSecret]]);
    });
  }

  it("is tried in the body if the client's id may have been misread", async () => {
    const { error, ways } = await proveWith("s3cret", [refused, tokenAnswer("t")], "c-1");
    assert.deepEqual([error, ways], [undefined, ["basic", "s3cret"]]);
  });

  it("is tried once if the encoding makes no difference", async () => {
    const { error, ways } = await proveWith("s3cret", [refused]);
    assert.deepEqual([error?.code, ways], ["TOKEN_REFUSED", ["basic"]]);
  });

  for (const code of ["invalid_scope", "unauthorized_client", "invalid_request"]) {
    it(`is tried once if the client was recognized: ${code}`, async () => {
      const { ways } = await proveWith("a-b", [json({ error: code }, 400)]);
      assert.deepEqual(ways, ["basic"]);
    });
  }
});

describe("client: the proof of a client secret, at a server that takes Basic as it is", () => {
  const { sandbox, api } = useSandboxApi({ basicAsItIs: true });

  it("gets a token", async () => {
    const { tenantId } = await api().createTenant({ name: "acme" });
    const { credentials, ...made } = await api().createApplication(tenantId, {
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      authentication: { type: "CLIENT_SECRET" },
    });
    assert.ok(credentials.type === "CLIENT_SECRET");
    const { clientSecret } = credentials;
    await api().proveCredentials(tenantId, made, { type: "CLIENT_SECRET", clientSecret });
    const { applicationToken } = sandbox().control.requests();
    assert.equal(applicationToken, /[^A-Za-z0-9]/.test(made.clientId + clientSecret) ? 2 : 1);
  });
});
