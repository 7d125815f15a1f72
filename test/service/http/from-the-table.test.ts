import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import type { ApiClient } from "../../../sandbox/service/client";
import { recordOf, saveCustomer } from "../records/customer";
import { newTenant, useHttpService } from "./harness";

interface Problem {
  code: string;
  detail: string;
}

/** What a program finds that was written from the table of product.md alone. */
describe("the service's API, as its table has it", () => {
  const service = useHttpService();

  it("answers 403 to a role that may never do it, whether the request exists, and whether it may be seen", async () => {
    const rita = await service().as("rita");
    const { id } = await rita.submit(newTenant());
    const digest = await service().plan(id, "creates a tenant");
    const calls: readonly (readonly [string, object, readonly ApiClient[]])[] = [
      [
        "approvals",
        { decision: "approve", digest },
        [rita, await service().as("ravi"), await service().as("otto"), await service().machine()],
      ],
      [
        "retry",
        {},
        [rita, await service().as("ravi"), await service().as("anna"), await service().machine()],
      ],
      [
        "break-glass",
        { reason: "It cannot wait" },
        [rita, await service().as("ravi"), await service().as("anna"), await service().machine()],
      ],
    ];
    for (const [path, body, callers] of calls)
      for (const request of [id, randomUUID()])
        for (const caller of callers) {
          const answer = await caller.call("POST", `/requests/${request}/${path}`, body);
          assert.deepEqual([answer.status, (answer.body as Problem).code], [403, "forbidden"], path);
        }
  });

  it("reports what is wrong with its path in the request", async () => {
    const rita = await service().as("rita");
    const wrong = newTenant({
      customer: { name: "acme", customerId: "CRM-1", cells: ["mars-1"], colour: "red" },
    });
    const { detail } = (await rita.call("POST", "/requests", wrong)).body as Problem;
    assert.match(
      detail,
      /^customer\.colour: .*; customer\.cells\[0\]: |^customer\.cells\[0\]: .*; customer\.colour: /,
    );
  });

  it("records when the vendor created the tenant, and gives an upgrade the ETag of a stage's list", async () => {
    const { testService } = service();
    const someone = await testService.addPerson({ person: "E9001" });
    for (const name of ["alpha", "beta"]) await saveCustomer(testService, someone, name);
    const rita = await service().as("rita");
    const { createdAt } = (await rita.call("GET", "/customers/production/alpha")).body as {
      createdAt: string;
    };
    assert.equal(createdAt, recordOf("alpha", "production").createdAt);
    const basedOn = (await rita.call("GET", "/customers?stage=production&limit=1")).headers.get("etag");
    const upgrade = { kind: "upgrade", stage: "production", reason: "A new release", basedOn };
    for (const more of [{}, { customers: ["beta"] }])
      assert.equal((await rita.call("POST", "/requests", { ...upgrade, ...more })).status, 201);
    assert.equal((await rita.call("POST", "/requests", { ...upgrade, basedOn: '"older"' })).status, 409);
  });
});
