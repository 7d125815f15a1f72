import assert from "node:assert/strict";

import { TenantManagementApi } from "../../../provider/src/client/api";
import { defaultRetryPolicy } from "../../../provider/src/client/retry";
import { createTransport } from "../../../provider/src/client/transport";
import { useSandbox } from "../../sandbox/api/client";
import { tokensOf } from "../../support/sandbox-api";

describe("client: pacing against the sandbox", () => {
  const sandbox = useSandbox({ rateLimit: { perSecond: 100, burst: 150, retryAfter: "absent" } });

  it("gets all its requests served, few of them at the second try", async () => {
    const transport = createTransport();
    const api = new TenantManagementApi({
      stage: "testing",
      apiUrl: sandbox().apiUrl,
      tokens: tokensOf(sandbox(), transport),
      transport,
      retryPolicy: defaultRetryPolicy,
    });
    const { tenantId } = await api.createTenant({ name: "acme" });
    let left = 400;
    const caller = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await api.getTenant(tenantId);
      }
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    await api.close();
    const statuses = sandbox()
      .control.requestLog()
      .filter(({ operation }) => operation === "getTenant")
      .map(({ status }) => status);
    const refused = statuses.filter((status) => status === 429).length;
    assert.equal(statuses.length - refused, 400);
    assert.ok(refused <= 24, `${refused} of ${statuses.length} requests were refused`);
  });
});
