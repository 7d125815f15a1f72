import { strict as assert } from "node:assert";

import { parse } from "yaml";

import { findLostTenant } from "../../../../provider/src/dynamic/tenant/lost-tenant";
import { describeTakeOver } from "../../../../provider/src/dynamic/tenant/take-over";
import { useSandboxApi } from "../../../support/sandbox-api";

describe("how a tenant that exists is taken over", () => {
  const { sandbox, api } = useSandboxApi();
  const wholeEntry = /npm run tenants -- reconcile/;

  it("is one line if it contains no applications", async () => {
    const { tenantId } = await api().createTenant({ name: "empty" });
    const said = await describeTakeOver(api(), { name: "empty", tenantId });
    assert.ok(said.endsWith(`: adopt: ${tenantId}`), said);
    assert.doesNotMatch(said, wholeEntry);
  });

  it("is the whole entry if it contains applications, and the commands that find their secrets", async () => {
    const { tenantId } = await api().createTenant({ name: "acme" });
    const make = () =>
      api().createApplication(tenantId, {
        cell: "eu-1",
        scopes: ["documents.submissions.read"],
        authentication: { type: "CLIENT_SECRET" },
      });
    const { applicationId, clientId } = await make();
    const other = await make();
    const lost = { name: "acme", cells: [undefined], startedAtMs: Date.now() };
    await assert.rejects(findLostTenant(api(), lost), ({ message }: Error) => {
      assert.ok(message.includes(`${applicationId} (client ${clientId}, cell eu-1)`), message);
      assert.match(message, /npm run tenants -- reconcile/);
      assert.ok(message.includes(`Key=tag-value,Values=${tenantId} `), message);
      assert.ok(message.endsWith(`: adopt: ${tenantId}`), message);
      const [, entry = ""] = message.split("\n\n");
      const secretArn = "<ARN of its secret>";
      const common = { cell: "eu-1", scopes: ["documents.submissions.read"] };
      assert.deepEqual(parse(entry), [
        {
          name: "acme",
          customerId: "acme",
          cells: ["eu-1"],
          adopt: tenantId,
          applications: [
            { ...common, purpose: "default", adopt: { applicationId, secretArn } },
            { ...common, purpose: "application2", adopt: { applicationId: other.applicationId, secretArn } },
          ],
        },
      ]);
      return true;
    });
  });

  it("is both if the applications cannot be listed", async () => {
    const { tenantId } = await api().createTenant({ name: "globex" });
    sandbox().control.addFault({ operation: "getTenantApplications", kind: "status", status: 403 });
    const said = await describeTakeOver(api(), { name: "globex", tenantId });
    assert.match(said, wholeEntry);
    assert.ok(said.endsWith(`: adopt: ${tenantId}`), said);
  });
});
