import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const refresh = ["refresh", "--yes", "--skip-preview"];
const foreign = {
  kind: "status",
  status: 404,
  contentType: "text/html",
  body: "<h1>Not Found</h1>",
} as const;

describe("what the API does not report as deleted, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [acme, globex] });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });
  afterEach(() => {
    stack.sandbox.control.clearFaults();
    stack.sandbox.control.configure({ hideFromList: [], listStaleMs: 0 });
  });

  /** The ids of the tenants and applications that the state holds. */
  const held = async (): Promise<string[]> =>
    (await stack.workspace.exportState()).deployment.resources
      .filter(({ type }) => /:Tenant(Application)?$/.test(type))
      .map(({ id }) => id ?? "")
      .toSorted();

  it("stays in the state after a refresh whose 404 is a load balancer's, once or for good", async () => {
    const before = await held();
    const path = `/tenants/${stack.tenantId("acme")}/applications$`;
    const { control } = stack.sandbox;
    control.addFault({ operation: "getTenantApplications", path, ...foreign });
    await stack.succeed(refresh);
    assert.deepEqual(await held(), before);
    control.addFault({ operation: "getTenantApplications", path, times: 1000, ...foreign });
    assert.match(await stack.fail(refresh), /\b404\b.*text\/html/);
    assert.deepEqual(await held(), before);
  });

  it(`stays in the state, and in use, after a refresh whose lists lack it or lag, even if lost ones may be replaced ${exhaustiveTag}`, async () => {
    const before = await held();
    const existing = stack.existing();
    const { control } = stack.sandbox;
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    control.configure({ hideFromList: [stack.tenantId("acme"), ...existing["globex"]!] });
    assert.match(await stack.succeed(refresh), /warning: .*tenant "acme"/);
    assert.deepEqual(await held(), before);
    control.configure({ hideFromList: [], listStaleMs: 600_000 });
    await stack.succeed(refresh);
    assert.deepEqual(await held(), before);
    await stack.up("--expect-no-changes");
    assert.equal((await stack.tenants("reconcile")).exitCode, 0);
    assert.deepEqual(stack.existing(), existing);
  });

  it("is never replaced as lost if its create was answered, though the state lost it", async () => {
    const existing = stack.existing();
    const urn = await stack.urn("TenantApplication", "acme/eu-1/default");
    await stack.succeed(["state", "delete", urn, "--target-dependents", "--yes", "--force"]);
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    const printed = await stack.fail(["up", "--yes", "--skip-preview"]);
    assert.match(printed, new RegExp(`${existing["acme"]![0]!}.*adopt: `, "s"));
    assert.deepEqual(stack.existing(), existing);
  });
});

describe("servers of the API that lag, on the engine", function () {
  it(`delay neither an up nor a destroy ${exhaustiveTag}`, async () => {
    const stack = await StackUnderTest.create({
      customers: [acme, globex],
      sandbox: { appCreate404Ms: 1500, tenantDelete409Ms: 1500 },
    });
    await stack.up();
    await stack.setCustomers([globex]);
    await stack.up();
    assert.deepEqual(Object.keys(stack.existing()), ["globex"]);
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
    assert.deepEqual(stack.existing(), {});
    await stack.finish();
  });
});

describe("an API whose times have no zone, on the engine", function () {
  for (const [zone, tag] of [
    ["America/New_York", ""],
    ["Asia/Kolkata", ` ${exhaustiveTag}`],
    ["UTC", ` ${exhaustiveTag}`],
  ] as const) {
    it(`finds the stack's own tenant again, and leaves a stranger's alone, in ${zone}${tag}`, async () => {
      const stack = await StackUnderTest.create({
        customers: [acme],
        sandbox: { naiveTime: true },
        env: { TZ: zone },
      });
      const { control } = stack.sandbox;
      control.addFault({ operation: "createTenant", kind: "reset-after" });
      await stack.up();
      const created = new Date(Date.now() - 2 * 3_600_000).toISOString();
      const tenantId = "11111111-2222-4333-8444-555555555555";
      control.restoreTenant({
        tenantId,
        name: "globex",
        cells: ["eu-1"],
        created,
        updated: created,
        applications: [],
      });
      control.addFault({ operation: "createTenant", kind: "status", status: 500 });
      await stack.setCustomers([acme, globex]);
      assert.match(await stack.fail(["up", "--yes", "--skip-preview"]), new RegExp(`adopt: ${tenantId}`));
      await stack.finish();
    });
  }
});
