import { strict as assert } from "node:assert";

import { write } from "resistant-tenants-service/records/database";
import type { NewRequest } from "resistant-tenants-service/requests/request";

import { closeShared } from "../../engine/engine";
import { type DatabaseServer, startDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

const stage = "testing";
const reason = "a test";

interface Result {
  etag: string;
  tenantId: string;
  applications: { purpose: string; applicationId: string; clientId: string; secretArn: string }[];
}

describe("the work on requests", () => {
  let server: DatabaseServer;
  let service: ServiceUnderTest;

  const create = (name: string): NewRequest => ({
    kind: "createCustomer",
    stage,
    reason,
    customer: { name, customerId: `CRM-${name}`, cells: ["eu-1"] },
  });

  const linesOf = async (requestId: string): Promise<string[]> => {
    const plans = await service.context.database
      .selectFrom("plans")
      .select("lines")
      .where("request_id", "=", requestId)
      .orderBy("made_at", "desc")
      .execute();
    return plans[0]?.lines as string[];
  };

  before(async () => {
    server = await startDatabaseServer();
    service = await ServiceUnderTest.start(server);
    await service.startWorker();
  });

  after(async () => {
    await service.close();
    await server.close();
    await closeShared();
  });

  it("provisions a new customer, changes it, rotates it, deprecates it and deletes it, stack and all", async () => {
    const created = await service.complete(create("acme"));
    const acme = await service.customer("acme");
    const first = created.result as Result;
    const [application] = first.applications;
    assert.equal(acme.status, "active");
    assert.equal(acme.etag, first.etag);
    assert.deepEqual(service.vendorNames(), ["acme"]);
    assert.equal(first.tenantId, service.tenantId("acme"));
    await service.tokenOf(application?.secretArn ?? "");
    const words = await linesOf(created.id);
    assert.ok(words.includes("creates tenant acme"));
    assert.ok(words.some((line) => line.includes(`/testing/acme/eu-1/default, readable by`)));

    const customer = {
      name: "acme",
      customerId: "CRM-acme",
      cells: ["eu-1"],
      applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "reporting" }],
    };
    const changed = await service.complete({
      kind: "changeCustomer",
      stage,
      reason,
      basedOn: first.etag,
      customer,
    });
    const second = changed.result as Result;
    assert.deepEqual(second.applications.map(({ purpose }) => purpose).sort(), ["default", "reporting"]);
    assert.equal(second.tenantId, first.tenantId);

    const only = { cell: "eu-1", purpose: "reporting" };
    const rotated = await service.complete({
      kind: "rotate",
      stage,
      reason,
      basedOn: second.etag,
      customer: { name: "acme", application: only },
    });
    const third = rotated.result as Result;
    const clientOf = ({ applications }: Result, purpose: string) =>
      applications.find((one) => one.purpose === purpose)?.clientId;
    assert.equal(clientOf(third, "default"), clientOf(second, "default"));
    assert.notEqual(clientOf(third, "reporting"), clientOf(second, "reporting"));
    assert.ok((await service.customer("acme")).rotated_at);

    const target = { stage, reason, customer: { name: "acme" } } as const;
    const deprecated = await service.complete({ kind: "deprecate", basedOn: third.etag, ...target });
    assert.equal((await service.customer("acme")).status, "deprecated");
    const deleted = await service.complete({
      kind: "delete",
      basedOn: (deprecated.result as Result).etag,
      ...target,
    });
    assert.ok(
      (await linesOf(deleted.id)).some((line) =>
        line.startsWith("Cannot be undone: the deletion of tenant acme"),
      ),
    );
    assert.equal((await service.customer("acme")).status, "deleted");
    assert.deepEqual(service.vendorNames(), []);
    assert.deepEqual(await service.stacks(), []);
    // Its name is free again.
    const again = await service.complete(create("acme"));
    assert.notEqual((again.result as Result).tenantId, first.tenantId);
  });

  it("takes two requests of one customer one after another, and plans the second anew after the first", async () => {
    const { result } = await service.complete(create("globex"));
    const { etag } = result as Result;
    await service.pause(true);
    const common = { stage, reason, basedOn: etag } as const;
    const [rotation, change, stale] = await Promise.all([
      service.submit({ kind: "rotate", ...common, customer: { name: "globex" } }),
      service.submit({ kind: "deprecate", ...common, customer: { name: "globex" } }),
      service.submit({
        kind: "changeCustomer",
        ...common,
        customer: { name: "globex", customerId: "CRM-other", cells: ["eu-1"] },
      }),
    ]);
    const all = [rotation, change, stale];
    // Nothing is applied while it is paused.
    await Promise.all(all.map((id) => service.reaches(id, "queued")));
    await service.until(async () => (await service.postponed()) >= 3, "the applies are put off");
    assert.deepEqual(
      (await Promise.all(all.map((id) => service.request(id)))).map(({ state }) => state),
      ["queued", "queued", "queued"],
    );
    await service.pause(false);
    const ended = await Promise.all(all.map((id) => service.reaches(id, "done", "failed")));
    const applies = await service.context.database
      .selectFrom("events")
      .select(["kind", "request_id"])
      .where("customer", "=", "globex")
      .where("kind", "in", ["applyStarted", "applied"])
      .orderBy("sequence")
      .execute();
    // One at a time.
    assert.deepEqual(
      applies.map(({ kind }) => kind),
      applies.map((_event, index) => (index % 2 === 0 ? "applyStarted" : "applied")),
    );
    const last = (await Promise.all(all.map((id) => service.events(id)))).flat().map(({ kind }) => kind);
    assert.ok(last.includes("planOutdated"));
    // A whole entry that was written from an older record undoes nothing.
    const staleOne = ended.find(({ kind }) => kind === "changeCustomer");
    if (staleOne?.state === "failed") assert.equal((staleOne.problem as { code: string }).code, "stale");
    const record = await service.customer("globex");
    const clients = service.vendorApplications("globex");
    if (ended.every(({ state }) => state === "done"))
      assert.equal((record.entry as { customerId: string }).customerId, "CRM-other");
    assert.equal(clients, 2, "the rotation has made a second client");
    assert.equal(record.status, "deprecated");
  });

  it("notices an up outside the service, refuses a taken name, and leaves no stack of a request that came to nothing", async () => {
    await service.complete(create("hooli"));
    const hooli = await service.customer("hooli");
    await service.outside("hooli", ["up", "--yes", "--skip-preview"]);
    const { etag } = hooli;
    const upgrade = await service.submit({
      kind: "changeCustomer",
      stage,
      reason,
      basedOn: etag,
      customer: hooli.entry as { name: unknown },
    });
    await service.reaches(upgrade, "done");
    assert.ok((await service.customer("hooli")).outside_update);
    const [noticed] = await service.context.database
      .selectFrom("events")
      .selectAll()
      .where("kind", "=", "outsideUpdate")
      .execute();
    assert.equal(noticed?.customer, "hooli");

    await service.addTenantAtVendor("initech");
    const taken = await service.reaches(await service.submit(create("initech")), "failed");
    assert.equal((taken.problem as { code: string }).code, "nameTaken");
    assert.ok((await service.stacks()).includes("testing-initech"));
    await write(service.context, async (writing) => {
      const { transition } = await import("resistant-tenants-service/requests/transition");
      await transition(service.context, writing, { requestId: taken.id, event: "withdrawn" });
    });
    await service.until(
      async () => (await service.customer("initech")).status === "deleted",
      "the name is free",
    );
    assert.ok(!(await service.stacks()).includes("testing-initech"));
  });
});
