import { strict as assert } from "node:assert";

import { useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

describe("a request for a tenant that the vendor does not have", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  it("fails with its plan, before anyone is asked to approve it", async () => {
    const service = await ServiceUnderTest.start(server(), { required: 1 });
    try {
      await service.startWorker();
      const adopt = "11111111-2222-3333-4444-555555555555";
      const id = await service.submit({
        kind: "adopt",
        stage: "testing",
        reason: "a test",
        customer: { name: "ghost", customerId: "CRM-1", cells: ["eu-1"], adopt },
      });
      await service.reaches(id, "failed");
      const { code, detail } = (await service.request(id)).problem as { code: string; detail: string };
      assert.equal(code, "notFound");
      assert.match(detail, new RegExp(adopt));
    } finally {
      await service.close();
    }
  });
});
