import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { proveToken } from "../../sandbox/start/proof";
import { exhaustiveTag } from "../suites";
import { createSharedBucket, type SharedBucket } from "./fleet-bucket";
import { FleetUnderTest, numbered, ranIn } from "./fleet-project";

/** What `tenants fleet reconcile --json` prints of a stack, as far as it is asserted. */
interface Reconciled {
  stack: string;
  done: string[];
  findings: Array<{ kind: string; isFixable: boolean }>;
}

describe("a fleet whose machines share nothing but a bucket, on the engine", function () {
  let bucket: SharedBucket;
  let fleet: FleetUnderTest;
  let machines: string[];
  const customers = numbered(8);

  before(async () => {
    bucket = await createSharedBucket();
    machines = await Promise.all(
      ["one", "two"].map((name) => mkdtemp(path.join(os.tmpdir(), `machine-${name}-`))),
    );
    fleet = await FleetUnderTest.create(1, customers, {
      sandbox: { latencyMs: 100, quota: 100 },
      env: bucket.env,
      config: { "tenants:replaceLostApplications": false },
    });
    await fleet.stack.workspace.configure({ "tenants:journal": bucket.journal });
  });
  after(async () => {
    await fleet.close();
    bucket.close();
    for (const machine of machines) await rm(machine, { recursive: true, force: true });
  });

  const reconcile = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await fleet.stack.tenants(
      ...["fleet", "reconcile", "--stage", "dev", "--json", ...args],
    );
    return { exitCode, stderr, stacks: JSON.parse(stdout) as Reconciled[] };
  };
  const fixable = ({ stacks }: { stacks: Reconciled[] }): number =>
    stacks.flatMap(({ findings }) => findings).filter(({ isFixable }) => isFixable).length;

  it(`is repaired after a kill by fleet reconcile --fix, which lists the organization once each time it looks ${exhaustiveTag}`, async () => {
    const { control } = fleet.stack.sandbox;
    await fleet.killWhen(() => control.requests().createTenantApplication >= 3);
    const seen = await reconcile();
    assert.equal(seen.exitCode, 3, seen.stderr);
    assert.ok(fixable(seen) > 0);
    const isLocked = seen.stacks.some(({ findings }) => findings.some(({ kind }) => kind === "locked"));
    assert.ok(isLocked, "the lock of the killed engine is seen in the bucket");
    control.resetRequests();
    const fixed = await reconcile("--fix", "--yes");
    assert.notEqual(fixed.exitCode, 1, fixed.stderr);
    assert.equal(fixable(fixed), 0, JSON.stringify(fixed.stacks));
    assert.ok(fixed.stacks.some(({ done }) => done.length > 0));
    const { getTenants, createTenant, createTenantApplication } = control.requests();
    // It looks three times: before, once more before it repairs, and afterwards; each time twice where one is missed.
    assert.ok(getTenants <= 6, `listed ${getTenants} times`);
    assert.deepEqual([createTenant, createTenantApplication], [0, 0]);
  });

  it(`clears the lock of an ended process of this host, and waits for another's until it is broken ${exhaustiveTag}`, async () => {
    await bucket.lock("dev-0", { pid: 999_999_999, hostname: os.hostname() });
    await bucket.lock("dev-1", { pid: 1, hostname: "elsewhere" });
    const waited = await fleet.run("up", "--wait", "1");
    const outcomes = Object.fromEntries(waited.stacks.map(({ stack, outcome }) => [stack, outcome]));
    assert.deepEqual(outcomes, { "dev-0": "done", "dev-1": "locked" }, waited.stderr);
    assert.match(waited.stacks.find(({ stack }) => stack === "dev-1")?.problem ?? "", /--break-lock/);
    assert.equal((await bucket.locks("dev-1")).length, 1);
    const broken = await fleet.run("up", "--break-lock");
    assert.equal(broken.exitCode, 0, broken.stderr);
    assert.deepEqual(ranIn(broken), ["dev-1"]);
    assert.deepEqual(await bucket.locks("dev-1"), []);
  });

  it(`is brought up by two at once, no stack twice, and each secret gets a token ${exhaustiveTag}`, async () => {
    const { control } = fleet.stack.sandbox;
    const more = numbered(16);
    await fleet.stack.setCustomers(more);
    control.resetRequests();
    const both = await Promise.all(machines.map((TMPDIR) => fleet.runWith({ TMPDIR }, "up")));
    for (const { exitCode, stderr } of both) assert.equal(exitCode, 0, stderr);
    assert.deepEqual(both.flatMap(ranIn).sort(), ["dev-0", "dev-1"]);
    assert.equal(control.requests().createTenant, 8);
    assert.equal(control.tenants().length, more.length);
    for (const applications of Object.values(fleet.stack.existing())) assert.equal(applications.length, 1);
    const listed = await fleet.list();
    assert.equal(listed.length, more.length);
    for (const { applications } of listed)
      for (const { secretArn } of applications)
        assert.ok((await proveToken(await fleet.stack.storedSecret(secretArn))).scopes.length > 0);
    assert.deepEqual(ranIn(await fleet.run("up")), []);
  });
});
