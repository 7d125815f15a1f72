import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";

import { openJournalOf } from "../../../provider/src/journal";
import { useServer } from "../../support/http-server";
import { useJournalFile } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { type ProviderProcess, startProvider } from "./process";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

describe("a delete whose answer was lost, and whose next attempt finds nothing", () => {
  const server = useServer();
  const journal = useJournalFile();
  let provider: ProviderProcess;
  /** The ids of the tenants that the API knows. */
  let known: string[];
  const deletes = new Map<string, number>();

  beforeEach(() => {
    known = [];
    deletes.clear();
    server.answerWith((request, response) => {
      response.setHeader("content-type", "application/json");
      const tenantId = (request.url ?? "").split("/").at(-1) ?? "";
      if (request.url === "/token") {
        response.end(JSON.stringify({ access_token: "t", token_type: "Bearer", expires_in: 3600 }));
      } else if (request.method === "DELETE") {
        const attempts = (deletes.get(tenantId) ?? 0) + 1;
        deletes.set(tenantId, attempts);
        response.statusCode = attempts === 1 && tenantId === "t-1" ? 502 : 404;
        response.end(JSON.stringify({ message: "none" }));
      } else if (request.url === "/v0/tenants") {
        const items = known.map((id) => ({ id, name: id, created: "", updated: "", cells: ["eu-1"] }));
        response.end(JSON.stringify({ items }));
      } else {
        response.statusCode = 404;
        response.end(JSON.stringify({ message: "none" }));
      }
    });
    const organization = {
      apiUrl: server.url("/v0").href,
      tokenUrl: server.url("/token").href,
      clientId: "organization-client",
      keyId: "k",
      privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
    provider = startProvider(organization, journal.file);
  });

  const remove = (tenantId: string): Promise<void> =>
    provider.deleteTenant(tenantId, {
      tenantId,
      name: tenantId,
      cells: ["eu-1"],
      stage: "testing",
      apiUrl: server.url("/v0").href,
      slot: { stack: "organization/project/dev", name: tenantId },
    });
  const isRefused = mentioning("TENANTS_ACCEPT_MISSING=true");

  it("is done, if it was the stack's only tenant", async () => {
    await remove("t-1");
  });

  it("proves nothing of the others, if the credentials are another organization's", async () => {
    await remove("t-1");
    await assert.rejects(remove("t-2"), isRefused);
  });

  it("is done, if the API knows another of the stack's tenants", async () => {
    known = ["t-2"];
    await remove("t-1");
  });
});

describe("a delete that was carried out without an answer, and cannot be confirmed", function () {
  const { sandbox } = useSandboxApi();
  const journal = useJournalFile();

  for (const [what, status] of Object.entries({
    "is redirected": 307,
    "is refused": 403,
  })) {
    it(`is on record as unknown, and not as failed, if the list that would confirm it ${what}`, async () => {
      const { control } = sandbox();
      const maker = startProvider(sandbox(), journal.file);
      const { id: tenantId } = await maker.createTenant(`acme${status}`);
      const { id, outs } = await maker.createApplication(tenantId, "acme/eu-1/default");
      control.addFault({ operation: "deleteTenantApplication", kind: "reset-after" });
      control.addFault({ operation: "getTenants", kind: "status", status });
      const deleter = startProvider(sandbox(), journal.file);
      await assert.rejects(deleter.deleteApplication(id, outs), mentioning("may have been carried out"));
      control.clearFaults();
      const emptied = control.tenants().find((tenant) => tenant.tenantId === tenantId);
      assert.deepEqual(emptied?.applications, []);
      const stack = "organization/project/dev";
      const events = await openJournalOf({ stack, location: journal.file, directory: "/" }).read();
      const last = events.at(-1);
      assert.equal(last?.event === "result" ? last.outcome : undefined, "unknown");
    });
  }
});
