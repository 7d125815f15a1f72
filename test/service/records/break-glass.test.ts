import { strict as assert } from "node:assert";

import { applied, applyStarted } from "resistant-tenants-service/actions/applied";
import { breakGlass, reviewBreakGlass } from "resistant-tenants-service/actions/break-glass";
import { planMade } from "resistant-tenants-service/actions/planned";
import { transition } from "resistant-tenants-service/actions/transition";
import { listRequests } from "resistant-tenants-service/actions/view";
import type { Person } from "resistant-tenants-service/person";
import { write } from "resistant-tenants-service/records/database";

import { eventsOf, stateOf, waitForApproval, type Waiting } from "./approvals";
import { recordOf, saveCustomer } from "./customer";
import { makeService, newCustomer, planOf, type TestService, useDatabaseServer } from "./service";

describe("break-glass", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  let administrator: Person;
  let reviewer: Person;
  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({ person: "E1001" });
    administrator = await service.addPerson({ person: "E9009", roles: ["administrator"] });
    reviewer = await service.addPerson({ person: "E2002", roles: ["approver"] });
  });
  afterEach(() => service.close());

  async function breakAs(person: Person, { requestId, digest }: Waiting, reason = "Production is down.") {
    return await write(service.context, (writing) =>
      breakGlass(service.context, writing, person, requestId, reason, digest),
    );
  }

  async function reviewAs(person: Person, { requestId }: Waiting, comment = "It was right.") {
    return await write(service.context, (writing) =>
      reviewBreakGlass(service.context, writing, person, requestId, comment),
    );
  }

  it("is for an administrator with a reason, and marks the request in every list for good", async () => {
    const waiting = await waitForApproval(service, requester);
    await assert.rejects(breakAs(reviewer, waiting), { code: "forbidden" });
    await assert.rejects(breakAs(administrator, waiting, "  "), { code: "invalid" });
    await assert.rejects(breakAs(administrator, { ...waiting, digest: planOf("old").digest }), {
      code: "digest",
    });
    await breakAs(administrator, waiting);
    assert.equal(await stateOf(service, waiting.requestId), "queued");
    assert.deepEqual(await applyStarted(service.context, waiting.requestId, waiting.digest), {
      isApproved: true,
    });
    const record = recordOf("acme", "production");
    await applied(service.context, waiting.requestId, { entry: { name: "acme" }, record });
    await reviewAs(reviewer, waiting);
    const { items } = await listRequests(service.context, requester, { limit: 10 });
    assert.equal(items[0]?.state, "done");
    assert.equal(items[0].brokenGlass?.reason, "Production is down.");
    assert.equal(items[0].brokenGlass.review?.comment, "It was right.");
    assert.equal((await eventsOf(service, "glassBroken")).length, 1);
    assert.equal((await eventsOf(service, "glassReviewed")).length, 1);
    await assert.rejects(service.database.asOwner("delete from broken_glass"), { code: "42501" });
  });

  it("is never for the requester, from any account, nor for a machine", async () => {
    const asker = await service.addPerson({ person: "E7", roles: ["requester", "administrator"] });
    const waiting = await waitForApproval(service, asker);
    const twin = await service.addPerson({ person: "e7 ", roles: ["administrator"] });
    const machine = await service.addPerson({ person: undefined, roles: ["administrator"] });
    await assert.rejects(breakAs(asker, waiting), { code: "samePerson" });
    await assert.rejects(breakAs(twin, waiting), { code: "samePerson" });
    await assert.rejects(breakAs(machine, waiting), { code: "forbidden" });
    await assert.rejects(
      service.database.asOwner(
        `insert into broken_glass select gen_random_uuid(), id, kind, $2, 'reason', $3, 'i', 's', ' E7', requester_issuer,
           requester_subject, requester_person, 'forged', now() from requests where id = $1`,
        [waiting.requestId, waiting.digest, twin.id],
      ),
      { constraint: "a_second_person_breaks_the_glass" },
    );
  });

  it("waits for a second person's review before the next one", async () => {
    const [first, second] = [
      await waitForApproval(service, requester),
      await waitForApproval(service, requester),
    ];
    await breakAs(administrator, first);
    const other = await service.addPerson({ roles: ["administrator"] });
    await assert.rejects(breakAs(other, second), { code: "conflict" });
    const twin = await service.addPerson({ person: "E9009", roles: ["approver"] });
    for (const person of [administrator, twin])
      await assert.rejects(reviewAs(person, first), { code: "samePerson" });
    await assert.rejects(reviewAs(requester, first), { code: "forbidden" });
    await assert.rejects(reviewAs(reviewer, first, "password: hunter2-hunter2"), { code: "invalid" });
    for (const nothing of [" ", "\u200b", "\u2800"])
      await assert.rejects(reviewAs(reviewer, first, nothing), { code: "invalid" });
    await reviewAs(reviewer, first);
    await assert.rejects(reviewAs(reviewer, first), { code: "conflict" });
    await breakAs(other, second);
    assert.equal(await stateOf(service, second.requestId), "queued");
  });

  it("is never for a deletion, nor for a change of readers or hosts", async () => {
    for (const touch of ["delete", "readers", "hosts"] as const) {
      const requestId = await service.submit(requester, newCustomer(`touching${touch}`));
      const plan = planOf(requestId, [touch]);
      await planMade(service.context, requestId, plan);
      await assert.rejects(breakAs(administrator, { requestId, digest: plan.digest }), { code: "forbidden" });
    }
    const readers = newCustomer("withreaders") as { customer: Record<string, unknown> };
    readers.customer["secrets"] = { readerRoleArns: ["arn:aws:iam::412345678901:role/reader"] };
    const asking = await waitForApproval(service, requester, readers as never);
    await assert.rejects(breakAs(administrator, asking), { code: "forbidden" });

    const { etag } = await saveCustomer(service, requester, "acme", ["eu-1", "us-1"]);
    const change = (cells: string[], more: object = {}) => ({
      kind: "changeCustomer" as const,
      stage: "production" as const,
      reason: "A change.",
      basedOn: etag,
      customer: { name: "acme", customerId: "crm-acme", cells, ...more },
    });
    const less = await waitForApproval(service, requester, change(["eu-1"]));
    await assert.rejects(breakAs(administrator, less), { code: "forbidden" });
    const key = await waitForApproval(
      service,
      requester,
      change(["eu-1", "us-1"], { secrets: { kmsKeyId: "alias/own" } }),
    );
    await assert.rejects(breakAs(administrator, key), { code: "forbidden" });
    for (const kind of ["delete", "release"] as const) {
      const named = {
        kind,
        stage: "production" as const,
        reason: "End.",
        basedOn: etag,
        customer: { name: "acme" },
      };
      const ending = await waitForApproval(service, requester, named);
      await assert.rejects(breakAs(administrator, ending), { code: "forbidden" });
    }
    const more = await waitForApproval(service, requester, change(["eu-1", "us-1", "ca-1"]));
    await breakAs(administrator, more);
  });

  it("is bound to the digest: another plan needs approvals, or another one", async () => {
    const { requestId, digest } = await waitForApproval(service, requester);
    await breakAs(administrator, { requestId, digest });
    const other = planOf("another").digest;
    assert.deepEqual(await applyStarted(service.context, requestId, other), {
      isApproved: false,
      missing: 1,
    });
    await planMade(service.context, requestId, planOf("another"));
    assert.equal(await stateOf(service, requestId), "waitingForApproval");
    // The old plan again does not bring it back.
    await write(service.context, (writing) =>
      transition(service.context, writing, { requestId, event: "planOutdated" }),
    );
    await planMade(service.context, requestId, planOf(requestId));
    assert.equal(await stateOf(service, requestId), "waitingForApproval");
  });

  it("does not count if the database's owner has invented it, or the administrator no longer is one", async () => {
    const waiting = await waitForApproval(service, requester);
    await service.database.asOwner(
      `insert into broken_glass select gen_random_uuid(), id, kind, $2, 'reason', $3, $4, $5, $6, requester_issuer,
         requester_subject, requester_person, 'forged', now() from requests where id = $1`,
      [
        ...[waiting.requestId, waiting.digest, administrator.id, administrator.issuer, administrator.subject],
        administrator.person,
      ],
    );
    await service.database.asOwner("update requests set state = 'queued' where id = $1", [waiting.requestId]);
    const forged = await applyStarted(service.context, waiting.requestId, waiting.digest);
    assert.deepEqual(forged, { isApproved: false, missing: 1 });
    await reviewAs(reviewer, waiting);

    const next = await waitForApproval(service, requester);
    await breakAs(administrator, next);
    await service.database.asOwner("update people set roles = '[]' where id = $1", [administrator.id]);
    const removed = await applyStarted(service.context, next.requestId, next.digest);
    assert.deepEqual(removed, { isApproved: false, missing: 1 });
  });
});
