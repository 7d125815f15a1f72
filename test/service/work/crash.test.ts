import { strict as assert } from "node:assert";

import { useDatabaseServer } from "../records/service";
import { ServiceUnderTest, type WorkerProcess } from "./service";

interface Result {
  tenantId: string;
  applications: { applicationId: string; clientId: string; secretArn: string }[];
}

/** When a worker is killed, and with what. */
interface Moment {
  name: string;
  /** The fault that keeps the moment, where it would be over too soon. */
  hangs?: { operation: "createTenant" | "createTenantApplication"; carriedOut: boolean };
  isThere: (service: ServiceUnderTest, requestId: string) => boolean | Promise<boolean>;
  kill: (worker: WorkerProcess) => Promise<void>;
}

const moments: Moment[] = [
  {
    name: "the engine has not begun",
    isThere: async (service, requestId) =>
      (await service.events(requestId)).some(({ kind }) => kind === "applyStarted"),
    kill: (worker) => worker.kill(),
  },
  {
    name: "the vendor has created the tenant, and has not answered",
    hangs: { operation: "createTenant", carriedOut: true },
    isThere: ({ sandbox }) => sandbox.vendor.control.requests().createTenant > 0,
    kill: (worker) => worker.killAll(),
  },
  {
    name: "the vendor has created the application, and its secret was never seen",
    hangs: { operation: "createTenantApplication", carriedOut: true },
    isThere: ({ sandbox }) => sandbox.vendor.control.requests().createTenantApplication > 0,
    kill: (worker) => worker.killAll(),
  },
  {
    name: "the engine goes on without its worker",
    isThere: (service) => service.vendorApplications("acme") > 0,
    kill: (worker) => worker.kill(),
  },
];

describe("a worker that is killed", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  it("at one moment after another is followed by others: one tenant, one client whose secret gets a token, done", async () => {
    const service = await ServiceUnderTest.start(server());
    const { control } = service.sandbox.vendor;
    try {
      const requestId = await service.submit({
        kind: "createCustomer",
        stage: "testing",
        reason: "a test",
        customer: { name: "acme", customerId: "CRM-1", cells: ["eu-1"] },
      });
      for (const { name, hangs, isThere, kill } of moments) {
        control.resetRequests();
        if (hangs !== undefined) control.addFault({ ...hangs, kind: "hang" });
        const worker = await service.startWorker();
        await service.until(() => isThere(service, requestId), name);
        await kill(worker);
        control.clearFaults();
        assert.notEqual((await service.request(requestId)).state, "failed");
      }
      await service.startWorker();
      const { result } = await service.reaches(requestId, "done");
      const { tenantId, applications } = result as unknown as Result;
      assert.deepEqual(
        control
          .tenants()
          .map((tenant) => [tenant.tenantId, tenant.applications.map(({ clientId }) => clientId)]),
        [[tenantId, applications.map(({ clientId }) => clientId)]],
      );
      assert.equal(applications.length, 1);
      await service.tokenOf(applications[0]?.secretArn ?? "");
      const kinds = (await service.events(requestId)).map(({ kind }) => kind);
      assert.equal(kinds.filter((kind) => kind === "applyStarted").length, 1);
      assert.equal(kinds.filter((kind) => kind === "applied").length, 1);
      const [lease] = await service.context.database.selectFrom("leases").selectAll().execute();
      assert.equal(lease?.holder, null);
      assert.ok(Number(lease.fence) > moments.length);
    } finally {
      await service.close();
    }
  });
});
