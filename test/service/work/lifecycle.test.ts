import { strict as assert } from "node:assert";

import type { CustomerRecord } from "pulumi-resistant-tenants";
import { placeInQueue } from "resistant-tenants-service/actions/situation";
import { withdraw } from "resistant-tenants-service/actions/withdraw-or-retry";
import type { PlanFacts, PlanPart } from "resistant-tenants-service/plan/facts";
import { write } from "resistant-tenants-service/records/database";
import type { NewRequest } from "resistant-tenants-service/requests/request";
import { etagOf } from "resistant-tenants-service/requests/stale";

import { exhaustiveTag } from "../../suites";
import { mentions } from "../../support/mentions";
import { useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

const stage = "testing";
const reason = "a test";

interface Result {
  etag: string;
  tenantId: string;
  applications: { purpose: string; applicationId: string; clientId: string; secretArn: string }[];
}

interface Plan {
  lines: string[];
  parts: PlanPart[];
}

/** What a plan does with tenants. */
const changedTenants = ({ parts }: Plan): string[] =>
  parts
    .flatMap(({ changes }) => changes)
    .filter(({ subject }) => subject === "tenant")
    .map(({ kind, name }) => `${kind} ${name}`);

describe("the work on requests", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();
  let service: ServiceUnderTest;

  const create = (name: string): NewRequest => ({
    kind: "createCustomer",
    stage,
    reason,
    customer: { name, customerId: `CRM-${name}`, cells: ["eu-1"] },
  });

  const planOf = async (requestId: string): Promise<Plan> => {
    const { lines, facts } = await service.context.database
      .selectFrom("plans")
      .select(["lines", "facts"])
      .where("request_id", "=", requestId)
      .orderBy("made_at", "desc")
      .executeTakeFirstOrThrow();
    return { lines: lines as string[], parts: (facts as PlanFacts).parts };
  };

  before(async () => {
    service = await ServiceUnderTest.start(server());
    await service.startWorker();
  });

  after(async () => {
    await service.close();
  });

  it("provisions, changes, rotates, deprecates and deletes a customer, one request after another, and notices an up outside", async () => {
    const created = await service.complete(create("acme"));
    const acme = await service.customer("acme");
    const first = created.result as Result;
    assert.equal(acme.status, "active");
    assert.equal(acme.etag, first.etag);
    assert.deepEqual(service.vendorNames(), ["acme"]);
    assert.equal(first.tenantId, service.tenantId("acme"));
    await service.tokenOf(first.applications[0]?.secretArn ?? "");
    const plan = await planOf(created.id);
    assert.deepEqual(changedTenants(plan), ["added acme"]);
    mentions(plan.lines.join("\n"), "tenant acme", "testing/acme/eu-1/default");

    await service.outside("acme");
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
    const [noticed, ...others] = await service.eventsOfKind("outsideUpdate");
    assert.equal(noticed?.customer, "acme");
    assert.deepEqual(others, []);

    // Three at once: nothing is applied while it is paused. The rotation is queued behind another request, and asked for
    // in the second in which its client was created.
    await service.pause(true);
    const common = { stage, reason, basedOn: second.etag } as const;
    const only = { cell: "eu-1", purpose: "reporting" };
    const { record: before } = await service.customer("acme");
    const reporting = (before as CustomerRecord).applications.find(({ purpose }) => purpose === "reporting");
    const asked = [
      { kind: "deprecate", ...common, customer: { name: "acme" } },
      { kind: "rotate", ...common, customer: { name: "acme", application: only } },
      { kind: "changeCustomer", ...common, customer: { ...customer, owner: "somebody" } },
    ] as const;
    const all: string[] = [];
    // They are applied in the order in which they were queued.
    for (const request of asked) {
      const now = () => new Date(Date.parse(reporting?.createdAt ?? "") + 1);
      const id = await service.submit(request, request.kind === "rotate" ? { now } : {});
      await service.reaches(id, "queued");
      all.push(id);
    }
    await service.until(async () => (await service.postponed()) >= 3, "the applies are put off");
    const states = (await Promise.all(all.map((id) => service.request(id)))).map(({ state }) => state);
    assert.deepEqual(states, ["queued", "queued", "queued"]);
    const queueing = await Promise.all(all.map((id) => placeInQueue(service.context.database, id)));
    assert.deepEqual(queueing.toSorted(), [1, 2, 3]);
    assert.equal(await placeInQueue(service.context.database, created.id), undefined);
    await service.pause(false);
    const [deprecated, rotated, changedAgain] = await Promise.all(
      all.map((id) => service.reaches(id, "done", "failed")),
    );
    const applies = await service.eventsOfKind("applyStarted", "applied");
    assert.deepEqual(
      applies.map(({ kind }) => kind),
      applies.map((_event, index) => (index % 2 === 0 ? "applyStarted" : "applied")),
      "one is applied at a time",
    );
    assert.ok((await service.eventsOfKind("planOutdated")).length > 0);
    assert.equal(rotated?.state, "done");
    assert.equal(deprecated?.state, "done");
    const record = await service.customer("acme");
    assert.equal(record.status, "deprecated");
    assert.ok(record.rotated_at);
    assert.equal(service.vendorApplications("acme"), 3, "the rotation has made one client beside the two");
    const after = (record.record as CustomerRecord).applications.find(
      ({ purpose }) => purpose === "reporting",
    );
    assert.ok(after?.rotatedAt !== undefined && after.clientId !== reporting?.clientId);
    // A whole entry that was written from an older record undoes nothing.
    const isDone = changedAgain?.state === "done";
    assert.equal((record.entry as { owner?: string }).owner, isDone ? "somebody" : undefined);
    if (!isDone) assert.equal((changedAgain?.problem as { code: string }).code, "stale");

    const deleted = await service.complete({
      kind: "delete",
      stage,
      reason,
      basedOn: record.etag,
      customer: { name: "acme" },
    });
    const told = await planOf(deleted.id);
    assert.deepEqual(changedTenants(told), ["removed acme"]);
    mentions(told.lines.join("\n"), "tenant acme");
    assert.equal((await service.customer("acme")).status, "deleted");
    assert.deepEqual(service.vendorNames(), []);
    assert.deepEqual(await service.stacks(), []);
  });

  it("refuses a name that the vendor has, and leaves no stack of a request that came to nothing", async () => {
    service.addTenantAtVendor("initech");
    const taken = await service.reaches(await service.submit(create("initech")), "failed");
    assert.equal((taken.problem as { code: string }).code, "nameTaken");
    assert.deepEqual(await service.stacks(), ["testing-initech"]);
    await write(service.context, (writing) =>
      withdraw(service.context, writing, service.requester, taken.id, reason),
    );
    await service.until(
      async () => (await service.customer("initech")).status === "deleted",
      "the name is let go",
    );
    assert.deepEqual(await service.stacks(), []);
  });

  it(`takes an existing tenant over, hands it over, and takes it back ${exhaustiveTag}`, async () => {
    const tenantId = service.addTenantAtVendor("umbrella");
    const taken = await service.complete({
      kind: "adopt",
      stage,
      reason,
      customer: { name: "umbrella", adopt: tenantId, cells: ["eu-1"], customerId: "CRM-7" },
    });
    const { applications, etag, ...made } = taken.result as Result;
    assert.equal(made.tenantId, tenantId);
    await service.tokenOf(applications[0]?.secretArn ?? "");

    const released = await service.complete({
      kind: "release",
      stage,
      reason,
      basedOn: etag,
      customer: { name: "umbrella" },
    });
    assert.equal((released.result as Result & { status: string }).status, "released");
    assert.equal(service.vendorApplications("umbrella"), 1);

    // As the refusal of its name says.
    await service.complete({
      kind: "delete",
      stage,
      reason,
      basedOn: (released.result as Result).etag,
      customer: { name: "umbrella" },
    });
    const [{ applicationId, secretArn } = { applicationId: "", secretArn: "" }] = applications;
    const back = await service.complete({
      kind: "adopt",
      stage,
      reason,
      customer: {
        name: "umbrella",
        adopt: tenantId,
        cells: ["eu-1"],
        customerId: "CRM-7",
        applications: [{ cell: "eu-1", purpose: "again", adopt: { applicationId, secretArn } }],
      },
    });
    const again = back.result as Result;
    assert.deepEqual(
      [again.tenantId, again.applications.map((one) => one.applicationId)],
      [tenantId, [applicationId]],
    );
    assert.equal(service.vendorApplications("umbrella"), 1);
    await service.tokenOf(again.applications[0]?.secretArn ?? "");
  });

  it(`upgrades several customers in one request ${exhaustiveTag}`, async () => {
    await Promise.all(["globex", "hooli"].map((name) => service.complete(create(name))));
    await service.outside("hooli", { owner: "somebody" });
    const customers = await Promise.all(["globex", "hooli"].map((name) => service.customer(name)));
    const upgraded = await service.complete({
      kind: "upgrade",
      stage,
      reason,
      basedOn: etagOf(customers),
      customers: ["globex", "hooli"],
    });
    const { lines, parts } = await planOf(upgraded.id);
    assert.deepEqual(
      parts.map(({ customer, isEmpty, summary }) => [
        customer,
        isEmpty,
        summary.declared.map(({ what }) => what),
      ]),
      [
        ["globex", true, []],
        ["hooli", false, ["owner"]],
      ],
    );
    assert.ok(lines.some((line) => line.startsWith("customer globex: ")));
    assert.ok(lines.some((line) => line.startsWith("customer hooli: ") && line.includes("owner")));
    const saved = (upgraded.result as unknown as { customers: { name: string; status: string }[] }).customers;
    assert.deepEqual(saved.map(({ name, status }) => `${name} ${status}`).sort(), [
      "globex active",
      "hooli active",
    ]);
  });
});
