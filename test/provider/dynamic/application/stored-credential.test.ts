import { strict as assert } from "node:assert";
import { text } from "node:stream/consumers";

import { StoredCredentials } from "../../../../provider/src/dynamic/application/stored-credential";
import type { State } from "../../../../provider/src/dynamic/application/tenant-application-model";
import { ecPair, publicPemOf } from "../../../sandbox/api/client";
import { useServer } from "../../../support/http-server";
import { mentions } from "../../../support/mentions";
import { useWarnings } from "../../../support/warnings";
import { newRun } from "../process";

const secret = "a-secret-that-no-message-holds";
const found = {
  applicationId: "a-1",
  clientId: "c-1",
  cell: "eu-1",
  scopes: ["documents.submissions.read"],
  authServer: "https://eu.id.resistant.ai/oauth2/aus1",
  tokenUrl: "https://eu.id.resistant.ai/oauth2/aus1/v1/token",
};
const held: State = {
  tenantId: "t-1",
  applicationId: "a-1",
  clientId: "c-1",
  cell: "eu-1",
  scopes: found.scopes,
  authMethod: "CLIENT_SECRET",
  clientSecret: secret,
  slot: { stack: "organization/project/dev", name: "acme/eu-1/default" },
};
const value = { application_id: "a-1", client_id: "c-1", client_secret: secret };

const pair = ecPair();
const heldKey = {
  ...held,
  authMethod: "EC",
  clientSecret: undefined,
  keyId: "k-1",
  publicKey: publicPemOf(pair.privateKeyPem),
} as State;
const keyValue = { application_id: "a-1", client_id: "c-1", key_id: "k-1", private_key: pair.privateKeyPem };

describe("the secret of an application, during a refresh", () => {
  const server = useServer();
  const warnings = useWarnings();

  let credentials: StoredCredentials;
  beforeEach(() => {
    const settings: Record<string, string> = {
      "tenants:stage": "testing",
      "aws:region": "eu-west-1",
      "aws:accessKey": "test",
      "aws:secretKey": "test",
      "aws:endpoints": JSON.stringify([{ secretsmanager: server.url().href }]),
    };
    const { run, configure } = newRun();
    configure({ config: { get: (key) => settings[key] } });
    credentials = new StoredCredentials(run);
  });

  /** Has AWS answer, and gives what is warned of. */
  async function warned(state: State, status: number, answer: object): Promise<string> {
    const asked: string[] = [];
    server.answerWith((request, response) => {
      void text(request).then((body) => {
        asked.push(body);
        response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify(answer));
      });
    });
    await credentials.warnOfOverwritten(state, found);
    assert.deepEqual(new Set(asked), new Set(['{"SecretId":"resistant-tenants/testing/acme/eu-1/default"}']));
    const said = warnings.join("\n");
    assert.ok(!said.includes(secret) && !said.includes("PRIVATE KEY"), "a credential is in a warning");
    return said;
  }
  const withValue = (state: State, stored: unknown): Promise<string> =>
    warned(state, 200, {
      SecretString: typeof stored === "string" ? stored : JSON.stringify(stored),
    });

  it("causes no warning if it contains what the stack has stored", async () => {
    assert.equal(await withValue(held, value), "");
    assert.equal(await withValue(heldKey, keyValue), "");
    assert.equal(await withValue(heldKey, { ...keyValue, private_key: undefined }), "");
  });

  const overwritten: Record<string, { state: State; stored: unknown }> = {
    "another secret": { state: held, stored: { ...value, client_secret: "oops" } },
    "another client": { state: held, stored: { ...value, client_id: "c-9" } },
    "a text": { state: held, stored: "oops" },
    "JSON without its application": { state: held, stored: { client_secret: secret } },
    "another key": { state: heldKey, stored: { ...keyValue, private_key: ecPair().privateKeyPem } },
    "another key id": { state: heldKey, stored: { ...keyValue, key_id: "k-2" } },
    "a key that is cut off": {
      state: heldKey,
      stored: { ...keyValue, private_key: pair.privateKeyPem.slice(0, 80) },
    },
    "the public half alone": { state: heldKey, stored: { ...keyValue, private_key: heldKey.publicKey } },
  };
  for (const [what, { state, stored }] of Object.entries(overwritten)) {
    it(`causes a warning if it contains ${what}`, async () => {
      mentions(await withValue(state, stored), "warning: acme/eu-1/default", "pulumi preview");
    });
  }

  it("causes a warning if it has no text", async () => {
    mentions(await warned(held, 200, {}), "warning: acme/eu-1/default", "pulumi preview");
  });

  it("causes a warning if it is marked for deletion, with the command that restores it", async () => {
    const refusal = { __type: "InvalidRequestException", message: "marked for deletion" };
    mentions(await warned(held, 400, refusal), "acme/eu-1/default", "npm run tenants -- restore acme");
  });

  it("is left to the AWS provider's own refresh if it does not exist", async () => {
    assert.equal(await warned(held, 400, { __type: "ResourceNotFoundException", message: "none" }), "");
  });

  it("is not read if the resource belongs to no customer, or is only partly created", async () => {
    const slot = { stack: "organization/project/dev", name: "custom" };
    await credentials.warnOfOverwritten({ ...held, slot }, found);
    await credentials.warnOfOverwritten({ ...held, slot: undefined }, found);
    await credentials.warnOfOverwritten({ ...held, isPartlyMade: true }, found);
    assert.deepEqual([warnings, server.requests.length], [[], 0]);
  });

  // The last: where AWS cannot be asked once, this process asks no more.
  it("is reported as unknown if it may not be read, once", async () => {
    const refusal = { __type: "AccessDeniedException", message: "not authorized to GetSecretValue" };
    mentions(
      await warned(held, 400, refusal),
      "not authorized to GetSecretValue",
      "secretsmanager:GetSecretValue",
    );
    const asked = server.requests.length;
    await credentials.warnOfOverwritten(held, found);
    assert.deepEqual([warnings.length, server.requests.length], [1, asked]);
  });
});
