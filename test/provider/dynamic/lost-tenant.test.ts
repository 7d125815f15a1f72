import { strict as assert } from "node:assert";

import { TenantManagementApi } from "../../../provider/src/client/api";
import { createTransport } from "../../../provider/src/client/transport";
import { clockToleranceMs, findLostTenant } from "../../../provider/src/dynamic/lost-tenant";
import { tokensOf, useSandboxApi } from "../../support/sandbox-api";
import { recordedRetries } from "../../support/retry-policy";

/** A client whose machine's clock is behind that of the API, or ahead of it. */
class SkewedApi extends TenantManagementApi {
  aheadMs = 0;

  override get clockAheadMs(): number {
    return this.aheadMs;
  }
}

describe("a tenant whose create may have happened, where this machine's clock is wrong", () => {
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
    findLostTenant(skewed, { name: "acme", cells: undefined, startedAtMs });

  for (const aheadMs of [3_600_000, -3_600_000]) {
    const side = aheadMs > 0 ? "behind" : "ahead";
    it(`is told by the API's clock: an hour ${side}`, async () => {
      skewed.aheadMs = aheadMs;
      assert.equal((await find(createdAtMs - aheadMs))?.tenantId, tenantId);
      await assert.rejects(
        find(createdAtMs - aheadMs + clockToleranceMs + 1),
        new RegExp(`before this attempt began.*adopt: ${tenantId}`),
      );
    });
  }
});
