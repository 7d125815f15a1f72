import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";

import { startTenantManagement, type TenantManagementSandbox } from "../../sandbox/api";
import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { StackUnderTest, startShared } from "./engine";

const up = ["up", "--yes", "--skip-preview"];

describe("the hosts of a stack, on the engine", function () {
  /** Listens where no credential may go. */
  let other: TenantManagementSandbox;
  let stack: StackUnderTest;
  let allowed: string;

  before(async () => {
    other = await startTenantManagement({ stage: "production" });
  });
  after(async () => {
    await other.close();
  });
  beforeEach(async () => {
    other.control.resetRequests();
    const { secretsManager } = await startShared();
    stack = await StackUnderTest.create({ stage: "production", customers: [acme] });
    allowed = [stack.sandbox.apiUrl, secretsManager.endpointUrl].map((url) => new URL(url).host).join(",");
  });
  afterEach(async () => {
    await stack.finish();
  });

  const allowing = (hosts: string | undefined) => ({ env: { TENANTS_ALLOWED_HOSTS: hosts } });
  const urlsOf = ({ apiUrl, tokenUrl }: TenantManagementSandbox) => ({
    "tenants:apiUrl": apiUrl,
    "tenants:tokenUrl": tokenUrl,
  });
  /** What the state holds; a ciphertext is another each time. */
  const keptOf = async () =>
    JSON.stringify(
      (await stack.workspace.exportState()).deployment.resources.map(({ outputs }) => outputs),
    ).replace(/"ciphertext":"[^"]*"/g, "");
  const sent = () => [...stack.sandbox.control.requestLog(), ...other.control.requestLog()];

  it("are the vendor's and those that the environment allows: nothing is sent elsewhere, not even at first", async () => {
    await stack.workspace.configure(urlsOf(other));
    const printed = await stack.fail(up, allowing(allowed));
    assert.match(printed, /tenants:apiUrl: .*"http:\/\/127\.0\.0\.1:\d+\/v0".*\bproduction\b/);
    assert.match(printed, /tenants:tokenUrl: .*export TENANTS_ALLOWED_HOSTS='/s);
    assert.ok(printed.includes(`${new URL(other.apiUrl).host}'`), printed);
    const reconciled = await stack.tenantsWith({ TENANTS_ALLOWED_HOSTS: allowed }, "reconcile");
    assert.equal(reconciled.exitCode, 1);
    assert.match(reconciled.stderr, /tenants:apiUrl: /);

    // Loopback is the vendor's in the stage testing alone, and the configuration allows nothing.
    await stack.workspace.configure({
      ...urlsOf(stack.sandbox),
      "aws:endpoints": [{ secretsmanager: "https://evil.example" }],
    });
    const previewed = await stack.fail(["preview"], allowing(undefined));
    assert.match(previewed, /tenants:apiUrl: .*\bproduction\b/);
    assert.match(previewed, /aws:endpoints\[0\]\.secretsmanager: .*"https:\/\/evil\.example"/);

    // A stage is bound to its hosts, whatever is allowed.
    const apiUrl = "https://api.tenants.resistant.ai/v0";
    await stack.workspace.configure({ "tenants:stage": "testing", "tenants:apiUrl": apiUrl });
    assert.match(
      await stack.fail(up, allowing("api.tenants.resistant.ai")),
      /tenants:apiUrl: .*\bproduction\b.*\btesting\b/,
    );
    assert.deepEqual(sent(), []);
  });

  it(`leave what was answered with others partly made, never make it twice, and complete it once they are allowed ${exhaustiveTag}`, async () => {
    const creates = () => stack.sandbox.control.requests().createTenantApplication;
    const applicationId = () => stack.existing()["acme"]?.[0] ?? "";
    stack.sandbox.control.configure({ authServerOrigin: new URL(other.apiUrl).origin });
    const printed = await stack.fail(up, allowing(allowed));
    assert.match(printed, /TENANTS_ALLOWED_HOSTS\b.*: 127\.0\.0\.1:\d+/);
    assert.match(printed, /"token_url" .*"http:\/\/127\.0\.0\.1:\d+\/oauth2\/eu-1\/v1\/token"/);
    assert.match(printed, /`pulumi up`/);
    for (const more of [false, true]) {
      await stack.workspace.configure({ "tenants:replaceLostApplications": more });
      assert.match(await stack.fail(up, allowing(allowed)), /export TENANTS_ALLOWED_HOSTS=/);
    }
    const { resources } = (await stack.workspace.exportState()).deployment;
    const held = resources.find(({ type }) => type.endsWith("TenantApplication"));
    assert.deepEqual(
      [held?.id, held?.outputs?.["isPartlyMade"], held?.outputs?.["tokenUrl"]],
      [applicationId(), true, undefined],
    );
    assert.ok(!resources.some(({ type }) => type.endsWith("SecretVersion")), "something was stored");
    assert.equal(creates(), 1);

    const both = `${allowed},${new URL(other.apiUrl).host}`;
    await stack.succeed(up, allowing(both));
    assert.equal(creates(), 1);
    const outputs = (await stack.workspace.outputs()) as {
      customers: Record<string, { applications: Array<{ secretArn: string }> }>;
    };
    const stored = await stack.storedSecret(outputs.customers["acme"]!.applications[0]!.secretArn);
    assert.equal(stored["application_id"], applicationId());
    assert.ok(String(stored["token_url"]).startsWith(new URL(other.apiUrl).origin));
    assert.ok(stack.sandbox.control.issuedSecrets().includes(String(stored["client_secret"])));
    const events = (await stack.journal())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { allowedHosts?: string[] });
    assert.ok(events.every(({ allowedHosts }) => allowedHosts?.join() === allowed.split(",").sort().join()));

    // What is no longer allowed is an error of a refresh, and the state keeps what it has.
    const before = await keptOf();
    stack.sandbox.control.configure({
      authServerOrigin: `https://${randomUUID()}.evil.example`,
      webUiDomain: "evil.example",
    });
    const refreshed = await stack.fail(["refresh", "--yes", "--skip-preview"], allowing(both));
    assert.match(refreshed, /"token_url" is "https:\/\/[\w-]+\.evil\.example/);
    assert.match(refreshed, /"documents-ui of eu-1" is "https:\/\/acme\.evil\.example"/);
    assert.equal(await keptOf(), before);

    await stack.setCustomers([{ ...acme, status: "deprecated" }]);
    await stack.succeed(up, allowing(both));
    stack.sandbox.control.resetRequests();
    const secrets = await stack.listSecrets({ includePlannedDeletion: false });
    assert.notDeepEqual(secrets, []);
    const destroy = ["destroy", "--yes", "--skip-preview"];
    for (const command of [["refresh", "--yes", "--skip-preview"], destroy]) {
      assert.match(
        await stack.fail(command, allowing(undefined)),
        /export TENANTS_ALLOWED_HOSTS='127\.0\.0\.1:/,
      );
    }
    assert.deepEqual(sent(), []);
    // An application goes before its secret, so its refusal comes before AWS has marked anything for deletion.
    assert.deepEqual(await stack.listSecrets({ includePlannedDeletion: false }), secrets);
    await stack.succeed(destroy, allowing(both));
    assert.deepEqual(stack.existing(), {});
  });
});
