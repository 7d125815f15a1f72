import { strict as assert } from "node:assert";

import { retry } from "resistant-tenants-service/actions/withdraw-or-retry";
import { write } from "resistant-tenants-service/records/database";

import { exhaustiveTag } from "../../suites";
import { addPerson, useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";
import { makeUnreadable } from "./unreadable";

const common = { stage: "testing", reason: "a test" } as const;
const newCustomer = (name: string) => ({
  kind: "createCustomer" as const,
  ...common,
  customer: { name, customerId: "CRM-1", cells: ["eu-1"] },
});

describe("an apply that is interrupted", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  let service: ServiceUnderTest;

  beforeEach(async () => {
    service = await ServiceUnderTest.start(server(), { required: 1, atOnce: 3 });
    await service.startWorker();
  });

  afterEach(async () => {
    await service.close();
  });

  const problemOf = async (id: string): Promise<unknown> =>
    ((await service.request(id)).problem as { code?: string } | null)?.code;

  /** Has requests applied until each waits at the vendor for an answer, and kills the worker and its engines. */
  async function interrupt(
    operation: "createTenant" | "createTenantApplication",
    ids: readonly string[],
  ): Promise<void> {
    const { control } = service.sandbox.vendor;
    control.resetRequests();
    control.addFault({ operation, carriedOut: true, kind: "hang", times: ids.length });
    for (const id of ids) {
      await service.reaches(id, "waitingForApproval");
      await service.approve(id);
    }
    await service.until(
      () => control.requests()[operation] >= ids.length,
      `${ids.length} engines wait for ${operation}`,
    );
    for (const worker of service.workers) if (worker.child.signalCode === null) await worker.killAll();
    control.clearFaults();
    for (const id of ids) assert.equal((await service.request(id)).state, "applying");
  }

  it(`of a rotation is not continued if the database's owner changes the customer's entry meanwhile ${exhaustiveTag}`, async () => {
    const { control } = service.sandbox.vendor;
    const { asOwner } = service.database;
    const administrator = await addPerson(service.context, { roles: ["administrator"] });
    const acme = await service.submit(newCustomer("acme"));
    await service.reaches(acme, "waitingForApproval");
    await service.approve(acme);
    await service.reaches(acme, "done");

    const { etag: basedOn } = await service.customer("acme");
    const rotation = await service.submit({
      kind: "rotate",
      ...common,
      basedOn,
      customer: { name: "acme" },
    });
    await interrupt("createTenantApplication", [rotation]);
    // What a rotation wants is made of the customer's entry.
    await asOwner("update customers set entry = entry || $1 where name = 'acme'", [
      JSON.stringify({ owner: "somebody else" }),
    ]);
    await service.startWorker();
    await service.reaches(rotation, "failed");
    assert.equal(await problemOf(rotation), "notApproved");
    assert.equal(control.requests().createTenantApplication, 1, "no engine was started");

    // Put right, it is planned and approved anew, and comes to what was asked for.
    await asOwner("update customers set entry = entry - 'owner' where name = 'acme'");
    await write(service.context, (writing) =>
      retry(service.context, writing, administrator, rotation, "It was put right."),
    );
    await service.reaches(rotation, "waitingForApproval");
    await service.approve(rotation);
    await service.reaches(rotation, "done");
    assert.ok((await service.customer("acme")).rotated_at);
  });

  it(`is not continued if the database's owner changes the wanted entry meanwhile, but is if another host's worker started it ${exhaustiveTag}`, async () => {
    const { control } = service.sandbox.vendor;
    const { asOwner } = service.database;
    const all = (await Promise.all(
      ["asked", "plan", "elsewhere"].map((name) => service.submit(newCustomer(name))),
    )) as [string, string, string];
    const [asked, plan, elsewhere] = all;
    await interrupt("createTenant", all);
    for (const table of ["requests", "plans"]) await asOwner(`alter table ${table} disable trigger all`);
    const other = {
      ...newCustomer("asked"),
      customer: { ...newCustomer("asked").customer, cells: ["us-1"] },
    };
    await asOwner("update requests set asked = $1 where id = $2", [JSON.stringify(other), asked]);
    await asOwner("update plans set facts = jsonb_set(facts, '{parts,0,urns}', '[]') where request_id = $1", [
      plan,
    ]);
    // Its worker was on another host, and was heard of last so long ago that nothing of it can go on.
    await asOwner(
      `update leases set holder = 'another-host/7/boot/1', host = 'another-host', process_started = 'boot/1',
           expires_at = now() - interval '10 minutes' where stack = 'testing-elsewhere'`,
    );
    const before = control.requests().createTenant;
    await service.startWorker();
    for (const id of [asked, plan]) {
      await service.reaches(id, "failed");
      assert.equal(await problemOf(id), "notApproved", id);
    }
    await service.reaches(elsewhere, "done");
    assert.equal(control.requests().createTenant, before, "what the vendor had made was found");
    const { result } = await service.request(elsewhere);
    const { applications } = result as unknown as { applications: { secretArn: string }[] };
    await service.tokenOf(applications[0]?.secretArn ?? "");
    const takenOver = await service.eventsOfKind("leaseTakenOver");
    assert.ok(takenOver.some(({ text }) => text.includes("another-host/7/boot/1")));
    const forged = (await service.eventsOfKind("approvalNotVerified")).map(({ request_id: id }) => id);
    assert.ok(forged.includes(asked), "it is on record");
  });

  it(`because its outcome cannot be read continues until it can: done, and no failure ${exhaustiveTag}`, async () => {
    for (const worker of service.workers) await worker.end();
    const unreadable = await makeUnreadable(service.sandbox);
    // All attempts after the update, and all of the next delivery.
    await unreadable.fail(6);
    await service.startWorker();
    const acme = await service.submit(newCustomer("acme"));
    await service.reaches(acme, "waitingForApproval");
    await service.approve(acme);
    const { result } = await service.reaches(acme, "done");
    assert.equal(await unreadable.left(), 0);
    const { applications } = result as unknown as { applications: { secretArn: string }[] };
    await service.tokenOf(applications[0]?.secretArn ?? "");
    const kinds = (await service.events(acme)).map(({ kind }) => kind);
    for (const kind of ["applyStarted", "applied"])
      assert.equal(kinds.filter((one) => one === kind).length, 1, kind);
    assert.ok(!kinds.includes("applyFailed"));
    assert.deepEqual(await service.eventsOfKind("outsideUpdate"), []);
  });
});
