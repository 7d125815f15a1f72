import { strict as assert } from "node:assert";

import { proveToken } from "../../sandbox/start/proof";
import { fourCustomers } from "./customers";
import { StackUnderTest } from "./engine";

interface Outputs {
  tenantIds: Record<string, string>;
  webUiUrls: Record<string, Record<string, string>>;
  customers: Record<string, Record<string, unknown> & { applications: Array<Record<string, unknown>> }>;
}

describe("the main job, on the engine", function () {
  let stack: StackUnderTest;
  let outputs: Outputs;

  before(async () => {
    stack = await StackUnderTest.create({ customers: fourCustomers });
  });
  after(async () => {
    await stack.close();
  });

  it("previews with no organization credential, and sends nothing", async () => {
    await stack.succeed(["preview"], { env: { TENANTS_PRIVATE_KEY: undefined } });
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
  });

  it("makes each tenant and application with one POST, on one token", async () => {
    await stack.up();
    outputs = (await stack.workspace.outputs()) as unknown as Outputs;
    const { token, createTenant, createTenantApplication, ...others } = stack.sandbox.control.requests();
    assert.deepEqual(
      { token, createTenant, createTenantApplication },
      { token: 1, createTenant: 4, createTenantApplication: 5 },
    );
    assert.equal(
      Object.values(others).reduce((sum, count) => sum + count, 0),
      0,
    );
  });

  it("stores for each application a secret that gets a token", async () => {
    const applications = Object.values(outputs.customers).flatMap((customer) => customer.applications);
    assert.equal(applications.length, 5);
    for (const { secretArn } of applications) await proveToken(await stack.storedSecret(String(secretArn)));
  });

  it("stores exactly what a Documents API client needs", async () => {
    const [reporting] = outputs.customers["globex"]!.applications.filter(
      ({ purpose }) => purpose === "reporting",
    );
    const { client_secret, ...rest } = await stack.storedSecret(String(reporting!["secretArn"]));
    assert.equal(typeof client_secret, "string");
    assert.deepEqual(rest, {
      stage: "testing",
      cell: "eu-1",
      tenant_id: outputs.tenantIds["globex"],
      application_id: reporting!["applicationId"],
      client_id: reporting!["clientId"],
      auth_method: "CLIENT_SECRET",
      token_url: reporting!["tokenUrl"],
      documents_api_url: "https://api.documents.testing.resistant.ai",
      scopes: ["documents.submissions.read"],
    });
  });

  it("names and tags each secret", async () => {
    const arn = String(outputs.customers["acme"]!.applications[0]!["secretArn"]);
    const { name, tags } = await stack.describeSecret(arn);
    assert.match(name, /^test-.*\/testing\/acme\/eu-1\/default$/);
    assert.deepEqual(tags, {
      stage: "testing",
      cell: "eu-1",
      customer: "acme",
      customerId: "CRM-1042",
      tenant_id: outputs.tenantIds["acme"],
      owner: "payments-team",
    });
  });

  it("puts out the vendor's minimum fields to persist", () => {
    const { createdBy, createdAt, applications, ...customer } = outputs.customers["initech"]!;
    const tenantId = outputs.tenantIds["initech"]!;
    const host = "initech-sandbox.documents.testing.resistant.ai";
    assert.match(String(createdBy), /.+@.+|.+:.+/);
    assert.match(String(createdAt), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(customer, {
      tenantId,
      name: "initech",
      customerId: "CRM-1103",
      stage: "testing",
      cells: ["eu-1"],
      uiCells: ["eu-1"],
      webUiUrls: { "eu-1": `https://${host}` },
      ssoClaims: { readOnly: `${tenantId}_RO`, readWrite: `${tenantId}_RW` },
      status: "active",
    });
    assert.deepEqual(outputs.webUiUrls["initech"], { "eu-1": `https://${host}` });
    assert.deepEqual(Object.keys(applications[0]!).sort(), [
      "applicationId",
      "authMethod",
      "cell",
      "clientId",
      "createdAt",
      "keyId",
      "purpose",
      "secretArn",
      "tokenUrl",
    ]);
  });

  it("marks no output secret", async () => {
    assert.ok(!JSON.stringify(await stack.workspace.outputs()).includes("[secret]"));
  });

  it("leaves nothing to a second up, which sends nothing", async () => {
    stack.sandbox.control.resetRequests();
    const printed = await stack.up("--expect-no-changes");
    assert.match(printed, /\d+ unchanged/);
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
  });

  it("leaves nothing to a later preview", async () => {
    await stack.succeed(["preview", "--expect-no-changes"], { env: { TENANTS_PRIVATE_KEY: undefined } });
  });

  it("reads the whole stack with the paged list and one list per tenant", async () => {
    stack.sandbox.control.resetRequests();
    await stack.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    const { token, getTenants, getTenant, getTenantApplications, getTenantApplication } =
      stack.sandbox.control.requests();
    assert.deepEqual(
      { token, getTenants, getTenant, getTenantApplications, getTenantApplication },
      { token: 1, getTenants: 1, getTenant: 0, getTenantApplications: 4, getTenantApplication: 0 },
    );
  });

  it("keeps at most 2000 bytes of provider per resource in the state", async () => {
    const { resources } = (await stack.workspace.exportState()).deployment;
    const sizes = resources.flatMap(({ type, inputs }) =>
      type.startsWith("pulumi-nodejs:dynamic/") ? [String(inputs?.["__provider"]).length] : [],
    );
    assert.equal(sizes.length, 11);
    assert.ok(Math.max(...sizes) <= 200, `the largest is ${Math.max(...sizes)} bytes`);
  });

  it("stores no stack trace with a resource", async () => {
    const { resources } = (await stack.workspace.exportState()).deployment;
    const traced = resources.filter((resource) => "stackTrace" in resource || "sourcePosition" in resource);
    // The stack itself is registered before its program is loaded.
    assert.deepEqual(
      traced.map(({ type }) => type),
      ["pulumi:pulumi:Stack"],
    );
  });

  it("deletes all of it, and leaves nothing in the API or in Secrets Manager", async () => {
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
    assert.deepEqual(stack.sandbox.control.tenants(), []);
    assert.deepEqual(await stack.listSecrets(), []);
  });

  it("showed and stored no credential in plain text", async () => {
    await stack.assertNoCredentials();
  });
});
