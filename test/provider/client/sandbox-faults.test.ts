import assert from "node:assert/strict";

import { mayHaveHappened } from "../../../provider/src/client/errors";
import { failureOf } from "../../support/failure";
import { useSandboxApi } from "../../support/sandbox-api";

describe("client: faults of the sandbox", () => {
  const client = useSandboxApi({ quota: 1_000 }, { headersTimeoutMs: 300, bodyTimeoutMs: 300 });
  let names = 0;
  const create = (): Promise<unknown> => client.api().createTenant({ name: `faulty${(names += 1)}` });

  it("renews a revoked token once, however many requests it is refused to", async () => {
    await client.api().listTenants();
    client.sandbox().control.resetRequests();
    client.sandbox().control.revokeTokens();
    await Promise.all(Array.from({ length: 16 }, () => client.api().listTenants()));
    assert.equal(client.sandbox().control.requests().token, 1);
  });

  it("does a create whose token was revoked once", async () => {
    await client.api().listTenants();
    client.sandbox().control.revokeTokens();
    await create();
    const statuses = client
      .sandbox()
      .control.requestLog()
      .filter(({ operation }) => operation === "createTenant")
      .map(({ status }) => status);
    assert.deepEqual(statuses, [401, 201]);
  });

  for (const kind of ["reset-before", "reset-after", "hang", "half-body"] as const) {
    it(`repeats a list after the fault ${kind}`, async () => {
      client.sandbox().control.addFault({ operation: "getTenants", kind });
      await client.api().listTenants();
      assert.equal(client.sandbox().control.requests().getTenants, 2);
    });

    it(`does not repeat a create after the fault ${kind}: it may have happened`, async () => {
      client.sandbox().control.addFault({ operation: "createTenant", kind });
      const error = await failureOf(create());
      assert.deepEqual([mayHaveHappened(error), client.sandbox().control.requests().createTenant], [true, 1]);
    });

    it(`asks again for a token after the fault ${kind}`, async () => {
      client.sandbox().control.revokeTokens();
      client.sandbox().control.addFault({ operation: "token", kind });
      await create();
      assert.equal(client.sandbox().control.requests().token, 2);
    });
  }

  it("creates each of many tenants once if every fourth request is refused with 429", async () => {
    for (let nth = 4; nth <= 40; nth += 4) {
      client.sandbox().control.addFault({ operation: "createTenant", kind: "status", status: 429, nth });
    }
    const before = client.sandbox().control.tenants().length;
    await Promise.all(Array.from({ length: 30 }, create));
    assert.equal(client.sandbox().control.tenants().length - before, 30);
  });
});
