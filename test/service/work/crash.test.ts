import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../../suites";
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
  /** Is called before the worker is started. */
  begins?: (service: ServiceUnderTest, requestId: string) => Promise<void>;
  isThere: (service: ServiceUnderTest, requestId: string) => boolean | Promise<boolean>;
  kill: (worker: WorkerProcess) => Promise<void>;
}

const hasEvent = async (service: ServiceUnderTest, id: string, kind: string): Promise<boolean> =>
  (await service.events(id)).some((event) => event.kind === kind);

/** How often a worker has begun to look at what another one has left. */
const lookedAfter = async (service: ServiceUnderTest, id: string): Promise<number> =>
  (await service.events(id)).filter(({ data }) => data["phase"] === "recovering").length;

const takenOver = async (service: ServiceUnderTest): Promise<number> =>
  (await service.eventsOfKind("leaseTakenOver")).length;

/** The vendor does it, or not, and does not answer. */
const hanging = (operation: "createTenant" | "createTenantApplication", carriedOut: boolean) => ({
  hangs: { operation, carriedOut },
  isThere: ({ sandbox }: ServiceUnderTest) => sandbox.vendor.control.requests()[operation] > 0,
  kill: (worker: WorkerProcess) => worker.killAll(),
});

/** Is there once something has happened more often than before the worker was started. */
const oncemore = (count: (service: ServiceUnderTest, id: string) => Promise<number>) => {
  let before: number | undefined;
  return {
    begins: async (service: ServiceUnderTest, id: string) => {
      before = await count(service, id);
    },
    isThere: async (service: ServiceUnderTest, id: string) => (await count(service, id)) > (before ?? 0),
  };
};

const moments: Moment[] = [
  {
    name: "the engine makes the plan",
    isThere: async (service) =>
      (await service.context.database.selectFrom("leases").select("process_group").execute()).some(
        ({ process_group: leader }) => leader !== null,
      ),
    kill: (worker) => worker.killAll(),
  },
  {
    name: "the plan is checked once more",
    isThere: (service, id) => hasEvent(service, id, "progress"),
    kill: (worker) => worker.kill(),
  },
  {
    name: "the engine has not begun",
    isThere: (service, id) => hasEvent(service, id, "applyStarted"),
    kill: (worker) => worker.kill(),
  },
  { name: "the vendor has created no tenant, and has not answered", ...hanging("createTenant", false) },
  { name: "the vendor has created the tenant, and has not answered", ...hanging("createTenant", true) },
  {
    name: "what was left is looked at",
    ...oncemore(lookedAfter),
    kill: (worker) => worker.killAll(),
  },
  {
    name: "the vendor has created no application, and has not answered",
    ...hanging("createTenantApplication", false),
  },
  {
    name: "the vendor has created the application, and its secret was never seen",
    ...hanging("createTenantApplication", true),
  },
  {
    name: "the engine goes on without its worker",
    ...oncemore((service) => Promise.resolve(service.sandbox.vendor.control.issuedSecrets().length)),
    kill: (worker) => worker.kill(),
  },
  {
    name: "the next one has just taken over",
    ...oncemore(takenOver),
    kill: (worker) => worker.killAll(),
  },
];

/** What is killed in each run of the tests; the others are for the night. */
const sample = [
  "the vendor has created the application, and its secret was never seen",
  "the engine goes on without its worker",
];

describe("a worker that is killed", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  const few = moments.filter(({ name }) => sample.includes(name));
  for (const killedAt of [few, moments])
    it(`at ${killedAt.length} moments, one after another, is followed by others: one tenant, one client whose secret gets a token, done${killedAt === moments ? ` ${exhaustiveTag}` : ""}`, async () => {
      const service = await ServiceUnderTest.start(server());
      const { control } = service.sandbox.vendor;
      try {
        const requestId = await service.submit({
          kind: "createCustomer",
          stage: "testing",
          reason: "a test",
          customer: { name: "acme", customerId: "CRM-1", cells: ["eu-1"] },
        });
        for (const { name, hangs, begins, isThere, kill } of killedAt) {
          control.resetRequests();
          await begins?.(service, requestId);
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
        const readLeases = () => service.context.database.selectFrom("leases").selectAll().execute();
        // The request is done shortly before the worker gives the lease back.
        await service.until(async () => (await readLeases())[0]?.holder === null, "no one holds the lease");
        assert.ok(Number((await readLeases())[0]?.fence) > killedAt.length);
      } finally {
        await service.close();
      }
    });
});
