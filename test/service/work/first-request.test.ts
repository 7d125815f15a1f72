import { strict as assert } from "node:assert";

import { withdraw } from "resistant-tenants-service/actions/withdraw-or-retry";
import { sprawl } from "resistant-tenants-service/customers/sprawl";
import { write } from "resistant-tenants-service/records/database";

import { exhaustiveTag } from "../../suites";
import { useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

describe("a customer whose first request ends unapplied", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  for (const [required, isRemoved, end] of [
    [0, true, `removed with what an apply has left ${exhaustiveTag}`],
    [1, false, `told of, where somebody would have to approve its end ${exhaustiveTag}`],
  ] as const)
    it(`is ${end}`, async () => {
      const service = await ServiceUnderTest.start(server(), { required });
      const { control } = service.sandbox.vendor;
      try {
        await service.startWorker();
        const id = await service.submit({
          kind: "createCustomer",
          stage: "testing",
          reason: "a test",
          customer: { name: "acme", customerId: "CRM-1", cells: ["eu-1"] },
        });
        control.addFault({
          operation: "createTenantApplication",
          kind: "status",
          status: 400,
          body: '{"message":"no"}',
          times: Infinity,
        });
        if (required > 0) {
          await service.reaches(id, "waitingForApproval");
          await service.approve(id);
        }
        await service.reaches(id, "failed");
        control.clearFaults();
        assert.deepEqual(service.vendorNames(), ["acme"]);
        await write(service.context, (writing) =>
          withdraw(service.context, writing, service.requester, id, "not needed"),
        );
        if (isRemoved) {
          await service.until(
            async () => (await service.customer("acme")).status === "deleted",
            "the name is let go",
          );
          assert.deepEqual([service.vendorNames(), await service.stacks()], [[], []]);
          return;
        }
        await service.until(
          async () => (await service.eventsOfKind("leftUnapplied")).length > 0,
          "what is left is told of",
        );
        assert.deepEqual(service.vendorNames(), ["acme"]);
        const [found, ...others] = await sprawl(service.context);
        assert.deepEqual(others, []);
        assert.deepEqual(
          [found?.kind, found?.customer, found?.request.kind],
          ["unapplied", "acme", "createCustomer"],
        );
        // Asked for again, it goes on from there.
        assert.ok(found);
        const again = await service.submit(found.request);
        await service.reaches(again, "waitingForApproval");
      } finally {
        await service.close();
      }
    });
});
