import { strict as assert } from "node:assert";
import path from "node:path";

import { createWorkspace, type Workspace } from "../../sandbox/pulumi/workspace";
import { acme, globex } from "./customers";
import { repositoryRoot, StackUnderTest, startShared } from "./engine";

describe("examples/downstream, on the engine", function () {
  let tenants: StackUnderTest;
  let downstream: Workspace;

  before(async () => {
    tenants = await StackUnderTest.create({ customers: [acme, globex], encryption: "passphrase" });
    const { pulumi } = await startShared();
    downstream = await createWorkspace({
      pulumi,
      stack: "dev",
      projectDir: path.join(repositoryRoot, "examples/downstream"),
      configFile: path.join(repositoryRoot, "examples/downstream/Pulumi.dev.yaml"),
      env: { PULUMI_BACKEND_URL: tenants.workspace.env["PULUMI_BACKEND_URL"]! },
    });
  });
  after(async () => {
    await downstream.remove();
    await tenants.finish();
  });

  it("gets the secret's ARN, the Documents API's URL and the Web UI's link of one customer", async () => {
    await tenants.up();
    const { exitCode, stdout, stderr } = await downstream.run(["up", "--yes", "--skip-preview"]);
    assert.equal(exitCode, 0, stdout + stderr);
    const { environment } = (await downstream.outputs()) as { environment: Record<string, string> };
    const stored = await tenants.storedSecret(environment["CREDENTIALS_SECRET_ARN"]!);
    assert.equal(stored["tenant_id"], tenants.tenantId("acme"));
    assert.equal(environment["DOCUMENTS_API_URL"], stored["documents_api_url"]);
    const { webUiUrls } = (await tenants.workspace.outputs()) as {
      webUiUrls: Record<string, Record<string, string>>;
    };
    assert.equal(environment["WEB_UI_URL"], webUiUrls["acme"]!["eu-1"]);
  });

  it("gets the list of customers if the requested one is not among them", async () => {
    await downstream.configure({ "document-checks:customer": "initech" });
    const { exitCode, stdout, stderr } = await downstream.run(["preview"]);
    assert.notEqual(exitCode, 0, stdout);
    // A reason, and no stack trace.
    assert.doesNotMatch(stdout + stderr, /unhandled|^\s+at /m);
    assert.match(
      (stdout + stderr).replace(/\s+/g, " "),
      /organization\/resistant-tenants\/dev .*"initech".* acme, globex\b/,
    );
  });
});
