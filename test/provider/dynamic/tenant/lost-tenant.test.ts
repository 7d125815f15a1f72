import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";

import { TenantManagementApi } from "../../../../provider/src/client/api";
import type { ApiTenant } from "../../../../provider/src/client/schemas";
import { clockToleranceMs } from "../../../../provider/src/client/server-clock";
import { createTransport } from "../../../../provider/src/client/transport";
import { findLostTenant } from "../../../../provider/src/dynamic/tenant/lost-tenant";
import { useVariables } from "../../../support/environment";
import { mentioning } from "../../../support/mentions";
import { recordedRetries } from "../../../support/retry-policy";
import { tokensOf, useSandboxApi } from "../../../support/sandbox-api";

/** A client whose machine's clock is behind that of the API, or ahead of it; and an API that writes times in a way of its own. */
class SkewedApi extends TenantManagementApi {
  aheadMs = 0;
  write: (createdAtMs: number) => string = (createdAtMs) => new Date(createdAtMs).toISOString();

  override get clockAheadMs(): number {
    return this.aheadMs;
  }

  override async listTenants(): Promise<ApiTenant[]> {
    return (await super.listTenants()).map((tenant) => ({
      ...tenant,
      createdAt: this.write(Date.parse(tenant.createdAt) + this.aheadMs),
    }));
  }
}

describe("a tenant whose create may have happened, if this machine's clock is wrong", () => {
  const { sandbox, api } = useSandboxApi();
  let skewed: SkewedApi;
  let createdAtMs: number;
  let tenantId: string;

  before(async () => {
    const transport = createTransport();
    skewed = new SkewedApi({
      stage: "testing",
      apiUrl: sandbox().apiUrl,
      tokens: tokensOf(sandbox(), transport),
      transport,
      retryPolicy: recordedRetries().policy,
    });
    const made = await api().createTenant({ name: "acme" });
    tenantId = made.tenantId;
    createdAtMs = Date.parse(made.createdAt);
  });
  after(() => skewed.close());

  const find = (startedAtMs: number) =>
    findLostTenant(skewed, { name: "acme", cells: [undefined], startedAtMs });

  afterEach(() => {
    skewed.aheadMs = 0;
    skewed.write = (createdMs) => new Date(createdMs).toISOString();
  });

  for (const aheadMs of [3_600_000, -3_600_000]) {
    const side = aheadMs > 0 ? "behind" : "ahead";
    it(`is recognized by the API's clock: an hour ${side}`, async () => {
      skewed.aheadMs = aheadMs;
      assert.equal((await find(createdAtMs))?.tenantId, tenantId);
      await assert.rejects(
        find(createdAtMs + clockToleranceMs + 1),
        mentioning("before", `adopt: ${tenantId}`),
      );
    });
  }

  it("is doubted if its creation is in the future: its time zone may be wrong", async () => {
    skewed.write = (createdMs) => new Date(createdMs + 7_200_000).toISOString();
    await assert.rejects(find(createdAtMs), mentioning("future", `adopt: ${tenantId}`));
  });

  it("is doubted if the time cannot be read", async () => {
    skewed.write = (createdMs) => new Date(createdMs).toUTCString().replace(" GMT", "");
    await assert.rejects(
      find(createdAtMs),
      mentioning(`(${skewed.write(createdAtMs)})`, `adopt: ${tenantId}`),
    );
  });
});

for (const zone of ["UTC", "America/New_York", "Asia/Kolkata"]) {
  describe(`a tenant whose \`created\` names no zone, where this machine's is ${zone}`, () => {
    const { sandbox, api } = useSandboxApi({ naiveTime: true });
    useVariables(() => ({ TZ: zone }));
    const hourMs = 3_600_000;

    const seed = (name: string, ageMs: number): string => {
      const created = new Date(Date.now() - ageMs).toISOString();
      const tenantId = randomUUID();
      sandbox().control.restoreTenant({
        tenantId,
        name,
        cells: ["eu-1"],
        created,
        updated: created,
        applications: [],
      });
      return tenantId;
    };
    const find = (name: string) =>
      findLostTenant(api(), { name, cells: [undefined], startedAtMs: Date.now() - 1000 });

    it("is found again if it is the stack's own", async () => {
      const tenantId = seed("own", 0);
      const found = await find("own");
      assert.equal(found?.tenantId, tenantId);
      assert.ok(Math.abs(Date.parse(found.createdAt) - Date.now()) < hourMs, found.createdAt);
    });

    for (const hours of [2, 5, 11]) {
      it(`is not taken over if someone else created it ${hours} hours ago`, async () => {
        const tenantId = seed(`stranger${hours}`, hours * hourMs);
        await assert.rejects(find(`stranger${hours}`), mentioning("before", `adopt: ${tenantId}`));
      });
    }
  });
}
