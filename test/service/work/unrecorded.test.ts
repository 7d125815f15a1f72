import { strict as assert } from "node:assert";

import type { CustomerRecord } from "pulumi-resistant-tenants";
import { rotationsDue } from "resistant-tenants-service/customers/rotations";
import type { Person } from "resistant-tenants-service/person";
import { startingStateOf } from "resistant-tenants-service/plan/starting-state";
import { etagOf } from "resistant-tenants-service/requests/stale";
import { applyJob } from "resistant-tenants-service/work/apply-job";
import { noticeOutsideUpdate } from "resistant-tenants-service/work/outside";
import { planJob } from "resistant-tenants-service/work/plan-job";
import { rotateJob } from "resistant-tenants-service/work/rotate-job";
import type { CustomerRow } from "resistant-tenants-service/work/work";

import { decideAs, eventsOf, stateOf } from "../records/approvals";
import { recordOf, saveCustomer } from "../records/customer";
import { makeService, type TestService, useDatabaseServer } from "../records/service";
import { EngineOfTest, workWith } from "./engine-of-test";

const hourMs = 3_600_000;

describe("what the engine has done, and no one has recorded", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let engine: EngineOfTest;
  let requester: Person;

  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({});
    await saveCustomer(service, requester, "acme");
    engine = new EngineOfTest("acme", recordOf("acme", "production"));
  });

  afterEach(() => service.close());

  const customer = (): Promise<CustomerRow> =>
    service.context.database.selectFrom("customers").selectAll().executeTakeFirstOrThrow();

  const recordedClients = async (): Promise<string[]> =>
    ((await customer()).record as CustomerRecord).applications.map(({ clientId }) => clientId);

  /** The clients of the table of applications, with their status. */
  const clients = async (): Promise<string[]> => {
    const rows = await service.context.database
      .selectFrom("applications")
      .select(["client_id", "status"])
      .orderBy("client_id")
      .execute();
    return rows.map(({ client_id: id, status }) => `${id} ${status}`);
  };

  /** Has the database refuse rows of a table. */
  async function refuse(table: string, when: string): Promise<void> {
    await service.database.asOwner(
      "create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$",
    );
    await service.database.asOwner(
      `create trigger refuse before insert on ${table} for each row when ${when} execute function refuse()`,
    );
  }

  describe("by a rotation of the clock", () => {
    beforeEach(async () => {
      const rotateAt = [new Date(service.context.now().getTime() - hourMs).toISOString()];
      const entry = {
        name: "acme",
        customerId: "crm-acme",
        cells: ["eu-1"],
        applications: [{ cell: "eu-1", rotation: { rotateAt, overlap: "1d" } }],
      };
      await service.database.asOwner("update customers set entry = $1", [JSON.stringify(entry)]);
    });

    /** Delivers the job of the clock, as it was queued. */
    async function deliver(): Promise<void> {
      const { database } = service.context;
      const { id } = await customer();
      const at = service.context.now();
      await database
        .insertInto("clock_rotations")
        .values({
          customer_id: id,
          state: "queued",
          problem: null,
          request_id: null,
          updated_at: at,
          next_at: at,
        })
        .execute();
      assert.equal(await rotateJob(workWith(service, engine), id), "done");
    }

    const tried = async (): Promise<string[]> =>
      (await service.context.database.selectFrom("clock_rotations").select("state").execute()).map(
        ({ state }) => state,
      );

    async function assertRecorded(): Promise<void> {
      assert.deepEqual(await recordedClients(), ["client-2"]);
      assert.deepEqual(await clients(), ["client-2 active", "client-eu-1 deleted"]);
      assert.deepEqual(await tried(), []);
      assert.equal((await eventsOf(service, "rotatedByClock")).length, 1);
      assert.ok((await rotationsDue(service.context)).every(({ due }) => !due));
    }

    it("is recorded when the job is delivered again", async () => {
      const { etag } = await customer();
      engine.rotate("client-2");
      await deliver();
      await assertRecorded();
      assert.notEqual((await customer()).etag, etag);
    });

    it("is recorded if it has ended what was rotated", async () => {
      engine.rotate("client-2");
      await deliver();
      const { id, etag } = await customer();
      await service.context.database
        .insertInto("retiring_generations")
        .values({
          customer_id: id,
          cell: "eu-1",
          purpose: "default",
          generation: 1,
          client_id: "client-eu-1",
          until: new Date(service.context.now().getTime() - hourMs),
        })
        .execute();
      await deliver();
      assert.notEqual((await customer()).etag, etag);
      assert.deepEqual(await tried(), []);
      assert.equal((await eventsOf(service, "rotatedByClock")).length, 2);
      assert.ok((await rotationsDue(service.context)).every(({ due }) => !due));
    });

    it("is on record as one from outside, too, if the service has not begun it", async () => {
      await service.database.asOwner("update customers set last_update = $1", [engine.lastUpdate]);
      engine.rotate("client-2");
      await deliver();
      await assertRecorded();
      assert.equal((await eventsOf(service, "outsideUpdate")).length, 1);
    });

    it("is nothing if the state has the clients of the record", async () => {
      const { etag } = await customer();
      await deliver();
      assert.equal((await customer()).etag, etag);
      assert.deepEqual(await tried(), ["failed"]);
      assert.deepEqual(await eventsOf(service, "rotatedByClock"), []);
    });
  });

  describe("by a request's earlier apply", () => {
    /** Submits an upgrade, and has it planned: as after a retry. */
    async function plan(): Promise<string> {
      const { etag } = await customer();
      const requestId = await service.submit(requester, {
        kind: "upgrade",
        stage: "production",
        reason: "A new release.",
        basedOn: etagOf([{ name: "acme", etag }]),
        customers: ["acme"],
      });
      assert.equal(await planJob(workWith(service, engine), requestId), "done");
      return requestId;
    }

    async function approve(requestId: string): Promise<void> {
      const { digest } = await service.context.database
        .selectFrom("plans")
        .select("digest")
        .where("request_id", "=", requestId)
        .executeTakeFirstOrThrow();
      const approver = await service.addPerson({ roles: ["approver"] });
      await decideAs(service, approver, { requestId, digest });
    }

    /** Has an upgrade approved that changes the client. */
    async function upgrade(): Promise<string> {
      engine.next = "client-2";
      const requestId = await plan();
      await approve(requestId);
      return requestId;
    }

    /** Has a request applied, whose outcome stays unknown: the queue delivers the job again. */
    async function applyInVain(requestId: string): Promise<void> {
      const problems: string[] = [];
      const work = workWith(service, engine, (what) => void problems.push(what));
      await assert.rejects(applyJob(work, requestId), { name: "UnknownOutcomeError" });
      assert.equal(await stateOf(service, requestId), "applying");
      assert.deepEqual(await eventsOf(service, "applyFailed"), []);
      assert.equal(problems.length, 1);
    }

    it("is recorded by the request, which has nothing else to do", async () => {
      engine.rotate("client-2");
      const requestId = await plan();
      assert.equal(await stateOf(service, requestId), "waitingForApproval");
      await approve(requestId);
      assert.equal(await applyJob(workWith(service, engine), requestId), "done");
      assert.equal(await stateOf(service, requestId), "done");
      assert.deepEqual(await recordedClients(), ["client-2"]);
      assert.deepEqual(await clients(), ["client-2 active", "client-eu-1 deleted"]);
    });

    it("is recorded although no progress can be", async () => {
      const requestId = await upgrade();
      await refuse("events", "(new.kind = 'progress')");
      const problems: string[] = [];
      const work = workWith(service, engine, (what) => void problems.push(what));
      assert.equal(await applyJob(work, requestId), "done");
      assert.equal(await stateOf(service, requestId), "done");
      assert.deepEqual(await recordedClients(), ["client-2"]);
      assert.equal(problems.length, 1);
    });

    it("is recorded if the state can be read at the third attempt", async () => {
      const requestId = await upgrade();
      engine.unreadable = 2;
      assert.equal(await applyJob(workWith(service, engine), requestId), "done");
      assert.equal(await stateOf(service, requestId), "done");
      assert.deepEqual(await recordedClients(), ["client-2"]);
    });

    it("is no failure, and no update from outside, if the state cannot be read", async () => {
      const { context } = service;
      await context.database.updateTable("customers").set({ last_update: engine.lastUpdate }).execute();
      const requestId = await upgrade();
      engine.unreadable = 3;
      await applyInVain(requestId);
      const state = startingStateOf(await engine.export());
      await noticeOutsideUpdate({ context }, engine, await customer(), state);
      assert.deepEqual(await eventsOf(service, "outsideUpdate"), []);
    });

    it("is no failure if the record cannot be written", async () => {
      const requestId = await upgrade();
      await refuse("customer_versions", "(true)");
      await applyInVain(requestId);
    });

    it("is nothing if the state has what is recorded", async () => {
      const { etag } = await customer();
      assert.equal(await stateOf(service, await plan()), "done");
      assert.equal((await customer()).etag, etag);
    });
  });
});
