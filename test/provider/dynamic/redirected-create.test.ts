import { strict as assert } from "node:assert";

import { refusalOf } from "../../support/failure";
import { useJournalFile } from "../../support/journal-file";
import { mentions } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { lastEvent, newPublicKey, startProvider } from "./process";

describe("a create that is answered with a redirect", function () {
  const { sandbox } = useSandboxApi();
  const journal = useJournalFile();

  const start = () => startProvider(sandbox(), journal.file);
  const redirectOf = (operation: "createTenant" | "createTenantApplication", carriedOut: boolean): void => {
    const headers = { location: "https://evil.example/v0/tenants/t-evil" };
    sandbox().control.addFault({ operation, kind: "status", status: 303, headers, carriedOut });
  };

  it("is searched for, and taken over if it was created: nothing is created twice", async () => {
    redirectOf("createTenant", true);
    redirectOf("createTenantApplication", true);
    const { id: tenantId } = await start().createTenant("acme");
    assert.notEqual(tenantId, "t-evil");
    const inputs = { authMethod: "EC", publicKey: newPublicKey() };
    const { id } = await start().createApplication(tenantId, "acme/eu-1/default", inputs);
    assert.equal(lastEvent(journal.file)["outcome"], "recovered");
    const { createTenant, createTenantApplication } = sandbox().control.requests();
    assert.deepEqual([createTenant, createTenantApplication], [1, 1]);
    const [tenant] = sandbox().control.tenants();
    assert.deepEqual(
      [tenant?.tenantId, tenant?.applications.map(({ applicationId }) => applicationId)],
      [tenantId, [id]],
    );
  });

  it("is on record as unknown if it is not found, and the next run creates it", async () => {
    redirectOf("createTenant", false);
    const message = await refusalOf(() => start().createTenant("globex"));
    mentions(message, "303", "`pulumi up`");
    assert.equal(lastEvent(journal.file)["outcome"], "unknown");
    await start().createTenant("globex");
    assert.equal(lastEvent(journal.file)["outcome"], "made");
  });
});
