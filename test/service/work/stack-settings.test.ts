import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../../suites";
import { useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

describe("how the secrets of a stack are encrypted", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  it(`is not chosen by someone who has only the database: the state decides it ${exhaustiveTag}`, async () => {
    const service = await ServiceUnderTest.start(server());
    try {
      await service.startWorker();
      const asked = { stage: "testing", reason: "a test" } as const;
      const customer = { name: "acme", customerId: "CRM-1", cells: ["eu-1"] };
      await service.reaches(await service.submit({ ...asked, kind: "createCustomer", customer }), "done");
      const { etag, stack_settings: own } = await service.customer("acme");
      const theirs = { secretsprovider: "awskms://alias/theirs?region=eu-west-1", encryptedkey: "AAAA" };
      await service.database.asOwner("update customers set stack_settings = $1", [JSON.stringify(theirs)]);
      const change = { ...asked, kind: "changeCustomer", basedOn: etag } as const;
      const id = await service.submit({ ...change, customer: { ...customer, owner: "another-team" } });
      await service.reaches(id, "done");
      assert.deepEqual((await service.customer("acme")).stack_settings, own);
    } finally {
      await service.close();
    }
  });
});
