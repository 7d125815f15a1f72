import assert from "node:assert/strict";

import { proveToken } from "../../sandbox/start/proof";
import { toApplications, toTable } from "../../sandbox/start/stack-outputs";
import { mentioning, mentions } from "../support/mentions";

const application = {
  cell: "eu-1",
  purpose: "default",
  applicationId: "app-1",
  clientId: "client-1",
  authMethod: "CLIENT_SECRET",
  secretArn:
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:resistant-tenants/testing/acme/eu-1/default-a1B2c3",
};
const outputs = {
  customers: { acme: { tenantId: "tenant-1", webUiUrls: {}, applications: [application] } },
};

describe("the proof of npm start", () => {
  it("names the fields of a secret that are not as promised, and nothing of their values", async () => {
    const stored = { auth_method: "CLIENT_SECRET", client_id: "client-1", client_secret: 4711, scopes: [] };
    await assert.rejects(proveToken(stored), (error: Error) => {
      assert.match(error.message, /at: tenant_id, application_id, token_url, scopes, client_secret$/);
      assert(!error.message.includes("4711"));
      return true;
    });
  });

  it("reports that no token was issued", async () => {
    const stored = {
      tenant_id: "tenant-1",
      application_id: "app-1",
      client_id: "client-1",
      auth_method: "CLIENT_SECRET",
      client_secret: "hidden-4f1c2d8e",
      token_url: "http://127.0.0.1:9/v1/token",
      scopes: ["documents.submissions.read"],
    };
    await assert.rejects(proveToken(stored), (error: Error) => {
      mentions(error.message, "http://127.0.0.1:9/v1/token");
      assert(!error.message.includes("hidden"));
      return true;
    });
  });

  it("takes the secret's name from its ARN, and a Web UI only from the API", () => {
    const [first] = toApplications(outputs);
    assert.equal(first?.secretName, "resistant-tenants/testing/acme/eu-1/default");
    assert.equal(first.webUiUrl, undefined);
  });

  it("refuses outputs that name no application", () => {
    assert.throws(() => toApplications({ customers: {} }), { code: "PROOF_FAILED" });
    assert.throws(() => toApplications({}), mentioning("customers"));
  });

  it("writes a table as wide as the terminal is", () => {
    const applications = toApplications(outputs);
    const screen = { columns: undefined, isColoured: false };
    const [heading, row = ""] = toTable(applications, screen).split("\n");
    const cells = row.split("\t");
    assert.equal(cells.slice(0, 6).join(), "acme,tenant-1,eu-1,app-1,client-1,CLIENT_SECRET");
    assert.equal(cells.length, heading?.split("\t").length);
    assert.ok(!cells.includes(""), row);
    const terminal = toTable(applications, { ...screen, columns: 200 });
    assert.match(terminal, /^acme +tenant-1 +eu-1 +app-1 +client-1 +CLIENT_SECRET +\S/m);
    const narrow = toTable(applications, { ...screen, columns: 80 });
    assert(Math.max(...narrow.split("\n").map((line) => line.length)) <= 80);
    for (const value of ["tenant-1", "client-1", "resistant-tenants/testing/acme/eu-1/default"])
      assert(narrow.includes(value));
  });
});
