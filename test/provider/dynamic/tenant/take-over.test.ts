import { strict as assert } from "node:assert";

import { findLostTenant } from "../../../../provider/src/dynamic/tenant/lost-tenant";
import { describeTakeOver } from "../../../../provider/src/dynamic/tenant/take-over";
import { useSandboxApi } from "../../../support/sandbox-api";

describe("how a tenant that exists is taken over", () => {
  const { sandbox, api } = useSandboxApi();
  const wholeEntry = /npm run tenants -- reconcile.*whole entry/;

  it("is one line where it holds no applications", async () => {
    const { tenantId } = await api().createTenant({ name: "empty" });
    const said = await describeTakeOver(api(), tenantId);
    assert.ok(said.endsWith(`: adopt: ${tenantId}`), said);
    assert.doesNotMatch(said, wholeEntry);
  });

  it("is the command that prints the whole entry where it holds applications, which are named", async () => {
    const { tenantId } = await api().createTenant({ name: "acme" });
    const { applicationId, clientId } = await api().createApplication(tenantId, {
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      authentication: { type: "CLIENT_SECRET" },
    });
    const lost = { name: "acme", cells: undefined, startedAtMs: Date.now() };
    await assert.rejects(findLostTenant(api(), lost), ({ message }: Error) => {
      assert.ok(message.includes(`${applicationId} (client ${clientId}, cell eu-1)`), message);
      assert.match(message, wholeEntry);
      assert.ok(message.endsWith(`: adopt: ${tenantId}`), message);
      return true;
    });
  });

  it("is both where the applications cannot be listed", async () => {
    const { tenantId } = await api().createTenant({ name: "globex" });
    sandbox().control.addFault({ operation: "getTenantApplications", kind: "status", status: 403 });
    const said = await describeTakeOver(api(), tenantId);
    assert.match(said, wholeEntry);
    assert.ok(said.endsWith(`: adopt: ${tenantId}`), said);
  });
});
