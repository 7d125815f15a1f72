import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { findLostState } from "../../../operations/src/fleet/lost-state";
import { stackResource, statesIn, writeState } from "./written-states";

const tenant = (customer: string, tenantId: string) => ({
  urn: `urn:pulumi:prod-0::tenants::resistant:index:Customer$pulumi-nodejs:dynamic/resistant:Tenant::${customer}`,
  type: "pulumi-nodejs:dynamic/resistant:Tenant",
  custom: true,
  id: tenantId,
  outputs: { name: customer, tenantId },
});
const manifest = { time: "2026-11-26T12:00:00Z" };
const withTenants = (...tenants: object[]) => ({ manifest, resources: [stackResource, ...tenants] });

describe("operations: a stack of a fleet whose state is missing", () => {
  let folder: string;
  const find = async (): Promise<string | undefined> => {
    const states = await statesIn(folder);
    const readProject = async () =>
      new Map(
        await Promise.all(
          (await states.list()).map(async (stack) => [stack, await states.read(stack)] as const),
        ),
      );
    return findLostState({ states, readProject }, "prod-0");
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "lost-state-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("is new without a backup, and with one of a stack that held nothing", async () => {
    assert.equal(await find(), undefined);
    await writeState(folder, "prod-0.json.bak", withTenants());
    assert.equal(await find(), undefined);
  });

  it("is lost if its backup has tenants", async () => {
    await writeState(folder, "prod-0.json.bak", withTenants(tenant("acme", "t-1"), tenant("beta", "t-2")));
    const found = await find();
    assert.match(
      found ?? "",
      /tenants: 2, pending operations: 0.*prod-0\.json\.bak.*Rename the backup to prod-0\.json,/,
    );
  });

  it("is lost if its backup has a pending create only", async () => {
    const pending = [{ type: "creating", resource: { ...tenant("acme", ""), inputs: {} } }];
    await writeState(folder, "prod-0.json.bak", { ...withTenants(), pending_operations: pending });
    assert.match((await find()) ?? "", /tenants: 0, pending operations: 1/);
  });

  it("is new if another stack holds all tenants of the backup, because it was renamed", async () => {
    await writeState(folder, "prod-0.json.bak", withTenants(tenant("acme", "t-1"), tenant("beta", "t-2")));
    await writeState(folder, "former-0.json", withTenants(tenant("acme", "t-1")));
    assert.match((await find()) ?? "", /tenants: 1,/);
    await writeState(folder, "former-1.json", withTenants(tenant("beta", "t-2")));
    assert.equal(await find(), undefined);
  });
});
