import { strict as assert } from "node:assert";

import { applied, applyStarted } from "resistant-tenants-service/actions/applied";
import { planMade } from "resistant-tenants-service/actions/planned";
import { viewOf } from "resistant-tenants-service/actions/view";
import { listCustomers, readCustomer } from "resistant-tenants-service/customers/customers";
import type { Person } from "resistant-tenants-service/person";
import { Problem } from "resistant-tenants-service/problem";
import type { NewRequest } from "resistant-tenants-service/requests/request";

import { mentions } from "../../support/mentions";
import { decideAs, eventsOf, stateOf, waitForApproval } from "./approvals";
import { recordOf, saveCustomer } from "./customer";
import { makeService, newCustomer, planOf, type TestService, useDatabaseServer } from "./service";

describe("the system of record", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  let approver: Person;
  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({ name: "Rita" });
    approver = await service.addPerson({ roles: ["approver"] });
  });
  afterEach(() => service.close());

  function change(basedOn: string, cells: string[], more: object = {}): NewRequest {
    const customer = { name: "acme", customerId: "crm-acme", cells, ...more };
    return { kind: "changeCustomer", stage: "production", reason: "Another cell.", basedOn, customer };
  }

  it("has a customer once it is applied, with its requester, its tenant and its applications, and records who reads it", async () => {
    const { requestId } = await saveCustomer(service, requester, "acme");
    const customer = await readCustomer(service.context, requester, "production", "acme");
    assert.deepEqual(
      [customer.status, customer["tenantId"], customer.createdBy, customer.createdById],
      ["active", "tenant-production-acme", "Rita", requester.id],
    );
    const [tenant] = await service.context.database.selectFrom("tenants").selectAll().execute();
    assert.deepEqual([tenant?.status, tenant?.created_by], ["active", requester.id]);
    const applications = await service.context.database.selectFrom("applications").selectAll().execute();
    assert.deepEqual(
      applications.map(({ cell, client_id: client }) => [cell, client]),
      [["eu-1", "client-eu-1"]],
    );
    const view = await viewOf(service.context, requester, requestId);
    assert.equal((view.result as { tenantId: string }).tenantId, "tenant-production-acme");
    assert.equal((await eventsOf(service, "recordRead")).length, 1);
    const nobody = await service.addPerson({ roles: [] });
    await assert.rejects(readCustomer(service.context, nobody, "production", "acme"), { code: "forbidden" });
    await assert.rejects(readCustomer(service.context, requester, "testing", "acme"), { code: "notFound" });
  });

  it("has a customer whose tenant has a time of creation that cannot be read", async () => {
    const record = { ...recordOf("acme", "production"), createdAt: "just now" };
    await saveCustomer(service, requester, "acme", ["eu-1"], record);
    const customer = await readCustomer(service.context, requester, "production", "acme");
    assert.equal(customer.status, "active");
  });

  it("is read in pages", async () => {
    for (const name of ["acme", "beta", "gamma"]) await saveCustomer(service, requester, name);
    const first = await listCustomers(service.context, approver, { limit: 2 });
    const rest = await listCustomers(service.context, approver, { limit: 2, after: first.next });
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ name }) => name),
      ["acme", "beta", "gamma"],
    );
    assert.equal(rest.next, undefined);
  });

  it("does not let two colleagues who add different cells undo each other: the second sees what differs", async () => {
    const { etag } = await saveCustomer(service, requester, "acme");
    const one = await waitForApproval(service, requester, change(etag, ["eu-1", "us-1"]));
    const two = await waitForApproval(
      service,
      await service.addPerson({}),
      change(`"${etag}"`, ["eu-1", "ca-1"]),
    );
    await decideAs(service, approver, one);
    await decideAs(service, approver, two);
    await applyStarted(service.context, one.requestId, one.digest);
    await applied(service.context, one.requestId, {
      entry: { name: "acme", customerId: "crm-acme", cells: ["eu-1", "us-1"] },
      record: recordOf("acme", "production", ["eu-1", "us-1"]),
    });
    assert.equal(await stateOf(service, two.requestId), "failed");
    const auditor = await service.addPerson({ roles: ["auditor"] });
    const { problem } = await viewOf(service.context, auditor, two.requestId);
    const { code, differences } = problem as { code: string; differences: Array<{ path: string }> };
    assert.deepEqual([code, differences.map(({ path }) => path)], ["stale", ["cells"]]);
    const late = await service
      .submit(requester, change(etag, ["eu-1", "ap-2"]))
      .catch((error: unknown) => error);
    assert.ok(late instanceof Problem);
    assert.deepEqual([late.code, late.status], ["stale", 409]);
    assert.deepEqual(late.more["differences"], [
      { path: "cells", before: ["eu-1"], after: ["eu-1", "us-1"] },
    ]);
    assert.equal(
      await stateOf(
        service,
        await service.submit(requester, change(String(late.more["etag"]), ["eu-1", "us-1", "ap-2"])),
      ),
      "previewing",
    );
  });

  it("has a customer's other plans made again after an apply, and revokes their approvals if they differ", async () => {
    const { etag } = await saveCustomer(service, requester, "acme");
    const rotate = {
      kind: "rotate",
      stage: "production",
      reason: "Lost.",
      basedOn: etag,
      customer: { name: "acme" },
    } as const;
    const one = await waitForApproval(service, requester, rotate);
    const two = await waitForApproval(service, requester, rotate);
    await decideAs(service, approver, one);
    await decideAs(service, approver, two);
    await applyStarted(service.context, one.requestId, one.digest);
    service.queued.length = 0;
    await applied(service.context, one.requestId, {
      entry: { name: "acme" },
      record: recordOf("acme", "production"),
    });
    assert.deepEqual(service.queued, [`plan ${two.requestId}`]);
    await planMade(service.context, two.requestId, planOf("what is left"));
    assert.equal(await stateOf(service, two.requestId), "waitingForApproval");
    assert.equal((await eventsOf(service, "approvalsRevoked")).length, 1);
  });

  it("accepts neither an entry that its stack has no room for, nor a new customer whose end date has passed", async () => {
    const many = Array.from({ length: 900 }, (_, index) => ({
      cell: "eu-1",
      purpose: `p${index}`,
      scopes: ["documents.submissions.read", "documents.submissions.write"],
      rotation: { every: "90d", overlap: "7d" },
    }));
    const entry = { name: "beta", customerId: "b", cells: ["eu-1"], applications: many };
    const refused = async (request: object): Promise<{ path: string; message: string } | undefined> => {
      const problem: unknown = await service
        .submit(requester, { ...newCustomer("beta"), ...request })
        .catch((error: unknown) => error);
      assert.ok(problem instanceof Problem);
      return (problem.more["errors"] as Array<{ path: string; message: string }>)[0];
    };
    const tooLarge = await refused({ customer: entry });
    assert.equal(tooLarge?.path, "customer");
    mentions(tooLarge.message, "KiB", "128");
    const daysAgo = (days: number): string =>
      new Date(service.context.now().getTime() - days * 86_400_000).toISOString().slice(0, 10);
    const past = await refused({ endsOn: daysAgo(2) });
    assert.equal(past?.path, "endsOn");
    mentions(past.message, daysAgo(2));
    // It is still today somewhere.
    await service.submit(requester, { ...newCustomer("beta"), endsOn: daysAgo(1) } as NewRequest);
  });

  it("accepts neither another status in a change, nor an adoption in a creation, nor an entry that its stack would refuse", async () => {
    const { etag } = await saveCustomer(service, requester, "acme");
    for (const status of ["deprecated", "released"])
      await assert.rejects(service.submit(requester, change(etag, ["eu-1"], { status })), {
        code: "invalid",
      });
    const entry = (more: object) => ({
      ...newCustomer("beta"),
      customer: { name: "beta", customerId: "b", cells: ["eu-1"], ...more },
    });
    for (const more of [
      { adopt: "tenant" },
      { status: "deprecated" },
      { cells: ["mars-1"] },
      { cell: "eu-1" },
      { name: "Beta!" },
    ])
      await assert.rejects(service.submit(requester, entry(more)), { code: "invalid" });
    await assert.rejects(service.submit(requester, { ...newCustomer("beta"), kind: "adopt" } as NewRequest), {
      code: "invalid",
    });
    await assert.rejects(service.submit(requester, newCustomer("acme")), { code: "nameTaken" });
    await assert.rejects(service.submit(requester, change("unknown", ["eu-1"])), { code: "stale" });
    await service.database.asOwner("insert into vendor_tenants values ('production', 't', 'gamma', now())");
    await assert.rejects(service.submit(requester, newCustomer("gamma")), { code: "nameTaken" });
    assert.equal(
      await stateOf(service, await service.submit(requester, newCustomer("gamma", "testing"))),
      "previewing",
    );
  });

  it("explains how to take back a customer that was handed over", async () => {
    await saveCustomer(service, requester, "acme");
    await service.database.asOwner("update customers set status = 'released' where name = 'acme'");
    await assert.rejects(service.submit(requester, newCustomer("acme")), (error: unknown) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, "nameTaken");
      mentions(error.message, "production", "released", "kind delete", "kind adopt");
      return true;
    });
  });

  it("frees a name once its request ended without effect, and the name of a deleted customer", async () => {
    const first = await waitForApproval(service, requester, newCustomer("acme"));
    await decideAs(service, approver, first, { decision: "refuse" });
    const { etag } = await saveCustomer(service, requester, "acme");
    const named = { stage: "production", reason: "End.", basedOn: etag, customer: { name: "acme" } } as const;
    const ending = await waitForApproval(service, requester, { ...named, kind: "delete" });
    await decideAs(service, approver, ending);
    await applyStarted(service.context, ending.requestId, ending.digest);
    await applied(service.context, ending.requestId, { entry: null, record: null });
    const { status } = await readCustomer(service.context, requester, "production", "acme");
    assert.equal(status, "deleted");
    const [tenant] = await service.context.database.selectFrom("tenants").select("status").execute();
    const [application] = await service.context.database
      .selectFrom("applications")
      .select("status")
      .execute();
    assert.deepEqual([tenant?.status, application?.status], ["deleted", "deleted"]);
    await waitForApproval(service, requester, newCustomer("acme"));
  });
});
