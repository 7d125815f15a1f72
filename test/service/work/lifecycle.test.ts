import { strict as assert } from "node:assert";

import { closeShared } from "../../engine/engine";
import { type DatabaseServer, startDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

const stage = "testing";
const reason = "a test";

describe("the work on requests", () => {
  let server: DatabaseServer;
  let service: ServiceUnderTest;

  before(async () => {
    server = await startDatabaseServer();
    service = await ServiceUnderTest.start(server);
  });

  after(async () => {
    await service.close();
    await server.close();
    await closeShared();
  });

  it("provisions a new customer, changes it, rotates it, deprecates it and deletes it, stack and all", async () => {
    await service.startWorker();
    const created = await service.complete({
      kind: "createCustomer",
      stage,
      reason,
      customer: { name: "acme", customerId: "CRM-1", cells: ["eu-1"] },
    });
    const acme = await service.customer("acme");
    assert.equal(acme.status, "active");
    console.log(JSON.stringify(created.result), await service.events(created.id));
    console.log(await service.context.database.selectFrom("plans").select(["lines"]).execute());
  });
});
