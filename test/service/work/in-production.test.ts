import { strict as assert } from "node:assert";

import { searchEvents } from "resistant-tenants-service/audit/search";

import { exhaustiveTag } from "../../suites";
import { addPerson, useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

const common = { stage: "testing", reason: "a test" } as const;

const create = (name: string) => ({
  kind: "createCustomer" as const,
  ...common,
  customer: { name, customerId: "CRM-1", owner: "team", cells: ["eu-1"] },
});

describe("a service that keeps everything in S3", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  it(`provisions by the policy pack, holds to the quota and to a pause of the stage, and has one search and its end noted ${exhaustiveTag}`, async () => {
    const service = await ServiceUnderTest.start(server(), { asInProduction: true, quota: 1 });
    const { context } = service;
    try {
      // Another stage is paused: that holds nothing of this one.
      await context.database
        .insertInto("pauses")
        .values({
          ...{ stage: "production", reason: "a test" },
          ...{ paused_by: service.requester.id, paused_at: new Date() },
        })
        .execute();
      await service.startWorker();
      const created = await service.complete(create("acme"));
      const plan = await context.database
        .selectFrom("plans")
        .select(["facts", "lines"])
        .where("id", "=", created.plan_id ?? "")
        .executeTakeFirstOrThrow();
      const { policy } = plan.facts as { policy: { pack: string; verdict: string } };
      assert.deepEqual(policy, { pack: context.settings.work.policyPack, verdict: "passed" });
      assert.ok((plan.lines as string[]).some((line) => line.includes(policy.pack)));

      const refused = await service.reaches(await service.submit(create("beta")), "failed");
      assert.equal((refused.problem as { code: string }).code, "quota");

      await service.pause(true);
      const { etag: basedOn } = await service.customer("acme");
      const id = await service.submit({ kind: "delete", ...common, basedOn, customer: { name: "acme" } });
      await service.reaches(id, "queued");
      await service.until(async () => (await service.postponed()) > 0, "the apply is put off");
      assert.deepEqual(service.vendorNames(), ["acme"]);

      const auditor = await addPerson(context, { roles: ["auditor"] });
      const search = (filter: object) => searchEvents(context, auditor, { limit: 100, ...filter });
      await service.until(
        async () => (await search({ kind: "journal.result", customer: "acme" })).items.length > 1,
        "the journal is copied",
      );
      const { tenantId } = created.result as { tenantId?: string };
      const { items } = await search({ tenantId, kind: "journal.result" });
      assert.ok(items.length > 0);
      for (const { requestId, requester } of items)
        assert.deepEqual([requestId, requester?.id], [created.id, service.requester.id]);

      await service.pause(false);
      await service.reaches(id, "done");
      assert.deepEqual(service.vendorNames(), []);
      const noted = (): Promise<string[]> => service.sandbox.notedHeads();
      await service.until(async () => (await noted()).length > 0, "the end of the chain is noted");
      const hashes = await noted();
      const known = await context.database
        .selectFrom("events")
        .select("hash")
        .where("hash", "in", hashes)
        .execute();
      assert.equal(known.length, hashes.length);
    } finally {
      await service.close();
    }
  });
});
